-- Edits, deletions, reactions. A message's row in entries is the message as it is now (of kind 7, without a text, where
-- it was deleted); the entries that changed it stand in a table of their own, so that a page of messages is one range
-- however many reactions lie between them. Together the two tables have all numbers of a room.

-- How many changes stand right before the entry; none for zero. So that a message that vanished is missed without
-- looking through the changes.
ALTER TABLE entries ADD COLUMN skipped INTEGER;

-- The entries that only change others, with the columns of entries.
CREATE TABLE changes (
  key     INTEGER PRIMARY KEY,
  pos     INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  member  INTEGER NOT NULL,
  nick    TEXT    NOT NULL,
  id      BLOB    NOT NULL,
  kind    INTEGER NOT NULL,  -- 4 edited, 5 deleted, 6 reacted
  text    TEXT,
  body    BLOB,              -- the number of the message; an edit's text is in entries or revisions
  sum     INTEGER NOT NULL,
  skipped INTEGER
);

-- What edited messages said before, gone with the message. edit = the number of the entry that made it say so.
CREATE TABLE revisions (
  key  INTEGER NOT NULL,
  edit INTEGER NOT NULL,
  text TEXT    NOT NULL,
  body BLOB,
  sum  INTEGER NOT NULL,     -- of the whole row that stood in entries
  PRIMARY KEY (key, edit)
) WITHOUT ROWID;

-- Who has reacted to which message, and how many have in each way. first = the number of the first such reaction.
CREATE TABLE reactions (
  key      INTEGER NOT NULL,
  member   INTEGER NOT NULL,
  reaction TEXT    NOT NULL,
  PRIMARY KEY (key, member, reaction)
) WITHOUT ROWID;

CREATE TABLE reaction_counts (
  key      INTEGER NOT NULL,
  reaction TEXT    NOT NULL,
  first    INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  PRIMARY KEY (key, reaction)
) WITHOUT ROWID;
