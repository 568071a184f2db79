-- The full-text index of chat.db: may be deleted at any time, the server makes it anew.

-- Single values: the epoch of the log that it belongs to.
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- Up to which number each room is indexed.
CREATE TABLE rooms (room INTEGER PRIMARY KEY, seq INTEGER NOT NULL);

-- Where each indexed entry stands: pos is its position in the log.
CREATE TABLE places (
  pos  INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  seq  INTEGER NOT NULL,
  at   INTEGER NOT NULL  -- milliseconds since 1970-01-01 UTC
);

-- The words of each entry, with '@nick' and '#number of the room' behind them; rowid = pos. The words come folded and
-- cut: here they are only parted at blanks. The texts themselves are not kept.
CREATE VIRTUAL TABLE said USING fts5 (
  words, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '@#-_'"
);
