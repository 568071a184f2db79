-- Ids begin with their time (UUIDv7): in their order what is new comes last, whoever wrote it, so that a commit writes few
-- pages of them and leaves them full.
CREATE TABLE ids_by_time (
  week   INTEGER NOT NULL,
  id     BLOB    NOT NULL,
  member INTEGER NOT NULL,
  key    INTEGER NOT NULL,
  PRIMARY KEY (week, id, member)
) WITHOUT ROWID;
INSERT INTO ids_by_time SELECT week, id, member, key FROM ids ORDER BY week, id, member;
DROP TABLE ids;
ALTER TABLE ids_by_time RENAME TO ids;
