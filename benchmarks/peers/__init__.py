"""What people use instead: litequeue, persist-queue, huey, DBOS; and nfelib for reading. Imported by name, so that the suite is typed without them."""
