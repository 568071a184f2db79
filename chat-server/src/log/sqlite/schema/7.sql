-- How far accounts have read: the number of the last entry, of each of their rooms. It goes with the membership.
CREATE TABLE markers (
  member INTEGER NOT NULL,
  room   INTEGER NOT NULL,
  read   INTEGER NOT NULL,
  PRIMARY KEY (member, room)
) WITHOUT ROWID;
