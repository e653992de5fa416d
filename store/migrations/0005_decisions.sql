-- What a person decided, when, who and from where; `reversal` is how it can be taken back. A command of many steps has a row for each, under the id of the first.
CREATE TABLE decision(
  id INTEGER PRIMARY KEY AUTOINCREMENT, command INTEGER NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, verb TEXT NOT NULL, subject TEXT NOT NULL,
  reversal TEXT, undone INTEGER) STRICT;
CREATE INDEX decision_at ON decision(at);
