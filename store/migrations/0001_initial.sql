-- Queues: a message is in exactly one of ready, delayed, leased, dead (a row of a dead-letter queue), gone.
CREATE TABLE queue(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, concurrency INTEGER NOT NULL,
  batch INTEGER NOT NULL DEFAULT 10, max_attempts INTEGER NOT NULL DEFAULT 4, lease_ms INTEGER NOT NULL DEFAULT 60000,
  backoff_ms INTEGER NOT NULL DEFAULT 1000, backoff_max_ms INTEGER NOT NULL DEFAULT 600000,
  retention_ms INTEGER NOT NULL DEFAULT 345600000,
  dlq INTEGER REFERENCES queue(id), paused INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE msg(
  id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL REFERENCES queue(id),
  state INTEGER NOT NULL CHECK(state IN(0,1,2)),  -- 0 ready, 1 delayed, 2 leased
  prio INTEGER NOT NULL DEFAULT 5, due INTEGER NOT NULL DEFAULT 0,
  deliveries INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,
  lease INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, trace TEXT, doc TEXT, body BLOB, sha BLOB,
  origin INTEGER, binned INTEGER, error_class TEXT, error TEXT, fingerprint TEXT, history TEXT,
  CHECK((sha IS NULL)<>(body IS NULL))) STRICT;
CREATE INDEX msg_ready ON msg(queue,prio,id) WHERE state=0;
CREATE INDEX msg_timer ON msg(due) WHERE state>0;
CREATE INDEX msg_trace ON msg(trace,queue) WHERE trace IS NOT NULL;
CREATE INDEX msg_doc ON msg(doc) WHERE doc IS NOT NULL;
CREATE INDEX msg_sha ON msg(sha) WHERE sha IS NOT NULL;
CREATE INDEX msg_age ON msg(queue,created) WHERE state=0;
CREATE TABLE dedup(queue INTEGER NOT NULL, key TEXT NOT NULL, exp INTEGER NOT NULL, msg INTEGER, PRIMARY KEY(queue,key)) STRICT, WITHOUT ROWID;
CREATE INDEX dedup_exp ON dedup(exp);

-- KV: not WITHOUT ROWID, a sweep of 500 at 1e6 keys takes 808 ms there and 10.6 ms here.
CREATE TABLE kv(
  id INTEGER PRIMARY KEY, ns INTEGER NOT NULL, key TEXT NOT NULL, ver INTEGER NOT NULL,
  exp INTEGER, meta TEXT, size INTEGER NOT NULL, sha BLOB, val BLOB, CHECK((sha IS NULL)<>(val IS NULL))) STRICT;
CREATE UNIQUE INDEX kv_key ON kv(ns,key);
CREATE INDEX kv_exp ON kv(exp) WHERE exp IS NOT NULL;
CREATE INDEX kv_sha ON kv(sha) WHERE sha IS NOT NULL;

CREATE TABLE lock(name TEXT PRIMARY KEY, owner TEXT, fence INTEGER NOT NULL, exp INTEGER NOT NULL, acquired INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE INDEX lock_owner ON lock(owner) WHERE owner IS NOT NULL;
CREATE INDEX lock_released ON lock(exp) WHERE owner IS NULL;
-- The highest version and fence among rows that are gone: a key or lock of the same name begins above it.
CREATE TABLE floor(name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO floor(name,n) VALUES('kv',0),('lock',0);

-- The timeline, and the memory of what was done: a redelivered message whose step exists is a counted no-op. The document leads the key:
-- a timeline is read without a second index, which would cost 25 of 66 µs a document.
CREATE TABLE step(
  trace TEXT NOT NULL, doc TEXT NOT NULL, stage TEXT NOT NULL, event TEXT NOT NULL, run INTEGER NOT NULL, status INTEGER NOT NULL,
  attempt INTEGER NOT NULL, started INTEGER, ended INTEGER, waited INTEGER, out_key TEXT, error TEXT,
  PRIMARY KEY(doc,trace,stage,event,run)) STRICT, WITHOUT ROWID;
CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, ref TEXT NOT NULL, body BLOB, due INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE command(id TEXT PRIMARY KEY, result BLOB NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX command_at ON command(at);

-- Records. The tenant leads every key; a document's seq is its place in the order of acknowledgement.
CREATE TABLE job(
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL, source TEXT NOT NULL, prio INTEGER NOT NULL, options TEXT NOT NULL, open INTEGER NOT NULL,
  status TEXT NOT NULL, total INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, updated INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX job_open ON job(created) WHERE open=1;
CREATE INDEX job_recent ON job(tenant,created);
CREATE TABLE document(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, doc TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, family TEXT NOT NULL,
  state TEXT NOT NULL, status TEXT, risk INTEGER, stage INTEGER, sha BLOB NOT NULL, header_sha BLOB, size INTEGER NOT NULL,
  added INTEGER NOT NULL, finished INTEGER, job TEXT NOT NULL, trace TEXT, run INTEGER NOT NULL DEFAULT 0, planned INTEGER NOT NULL DEFAULT 0,
  parent TEXT, label TEXT, members INTEGER, refused TEXT, access_key TEXT, number_key TEXT,
  version TEXT, number TEXT, series TEXT, issued TEXT, period TEXT, issuer TEXT, issuer_name TEXT, issuer_uf TEXT,
  recipient TEXT, recipient_name TEXT, recipient_uf TEXT, total TEXT, items INTEGER, cfops TEXT, ncms TEXT, event TEXT, span TEXT,
  role TEXT, operation TEXT, sector TEXT, confidence TEXT, debits INTEGER, credits INTEGER, entries INTEGER, errors INTEGER, alerts INTEGER,
  digest TEXT, medium TEXT, environment TEXT, bookable INTEGER, error_code TEXT, error TEXT, error_arguments TEXT) STRICT;
CREATE UNIQUE INDEX document_doc ON document(tenant,doc);
CREATE INDEX document_id ON document(doc);
CREATE INDEX document_state ON document(tenant,state,seq);
CREATE INDEX document_job ON document(job,seq);
CREATE INDEX document_unplanned ON document(job) WHERE planned=0;
CREATE INDEX document_key ON document(tenant,access_key) WHERE access_key IS NOT NULL;
CREATE INDEX document_number ON document(tenant,number_key) WHERE number_key IS NOT NULL;
CREATE INDEX document_period ON document(tenant,period,seq) WHERE period IS NOT NULL;
CREATE INDEX document_issuer ON document(tenant,issuer,seq) WHERE issuer IS NOT NULL;
CREATE INDEX document_parent ON document(parent) WHERE parent IS NOT NULL;
CREATE INDEX document_sha ON document(sha);
CREATE INDEX document_header_sha ON document(header_sha) WHERE header_sha IS NOT NULL;
-- Where the bytes of a document came from: the same bytes may arrive many times.
CREATE TABLE source(id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, doc TEXT NOT NULL, job TEXT NOT NULL, path TEXT NOT NULL, already INTEGER NOT NULL DEFAULT 0,
  finished INTEGER NOT NULL DEFAULT 0, added INTEGER NOT NULL) STRICT;
CREATE INDEX source_doc ON source(tenant,doc);
CREATE UNIQUE INDEX source_path ON source(job,path,doc);
CREATE INDEX source_job ON source(job,id);
-- One half of a note that a list brought; header and items of one key meet when the job's files are in.
CREATE TABLE half(
  id INTEGER PRIMARY KEY, job TEXT NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL, role TEXT NOT NULL, container TEXT NOT NULL, container_sha BLOB NOT NULL,
  place INTEGER NOT NULL, label TEXT NOT NULL, sha BLOB NOT NULL, size INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX half_place ON half(job,container,place);
CREATE INDEX half_key ON half(job,tenant,key,role,id);
CREATE INDEX half_sha ON half(sha);
CREATE TABLE item(
  tenant TEXT NOT NULL, doc TEXT NOT NULL, place INTEGER NOT NULL, number INTEGER NOT NULL, code TEXT, description TEXT, ncm TEXT, cfop TEXT, unit TEXT,
  quantity TEXT, price TEXT, total_cents INTEGER, row BLOB NOT NULL, PRIMARY KEY(tenant,doc,place)) STRICT, WITHOUT ROWID;
CREATE TABLE finding(
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, doc TEXT NOT NULL, place INTEGER NOT NULL, code TEXT NOT NULL, severity TEXT NOT NULL, item INTEGER,
  body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX finding_doc ON finding(tenant,doc,place);
CREATE INDEX finding_code ON finding(tenant,code,doc);
CREATE TABLE ledger(
  tenant TEXT NOT NULL, doc TEXT NOT NULL, place INTEGER NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, side TEXT NOT NULL CHECK(side IN('D','C')),
  cents INTEGER NOT NULL, period TEXT, company TEXT, memo TEXT, PRIMARY KEY(tenant,doc,place)) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_period ON ledger(tenant,period,account);
CREATE TABLE tax(
  tenant TEXT NOT NULL, doc TEXT NOT NULL, place INTEGER NOT NULL, tax TEXT NOT NULL, jurisdiction TEXT NOT NULL, direction TEXT NOT NULL, cfop TEXT, cst TEXT,
  rate TEXT, basis_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL, period TEXT, company TEXT, PRIMARY KEY(tenant,doc,place)) STRICT, WITHOUT ROWID;
CREATE INDEX tax_period ON tax(tenant,period,tax,jurisdiction);
CREATE TABLE report(
  tenant TEXT NOT NULL, doc TEXT NOT NULL, trace TEXT NOT NULL, made INTEGER NOT NULL, sha BLOB NOT NULL, size INTEGER NOT NULL, val BLOB, PRIMARY KEY(tenant,doc)) STRICT, WITHOUT ROWID;
CREATE INDEX report_file ON report(sha) WHERE val IS NULL;
CREATE TABLE company(tenant TEXT NOT NULL, cnpj TEXT NOT NULL, name TEXT, regime TEXT, uf TEXT, cnae TEXT, added INTEGER NOT NULL, PRIMARY KEY(tenant,cnpj)) STRICT, WITHOUT ROWID;
CREATE TABLE correction(
  tenant TEXT NOT NULL, issuer TEXT NOT NULL, cfop TEXT NOT NULL, ncm TEXT NOT NULL, operation TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,
  PRIMARY KEY(tenant,issuer,cfop,ncm)) STRICT, WITHOUT ROWID;
-- rowid is document.seq. The index keeps its own copy: deleting from a contentless one needs SQLite 3.43, and the fallback driver has 3.40.
CREATE VIRTUAL TABLE search USING fts5(title, parties, items, findings, codes, tokenize='unicode61 remove_diacritics 2');
