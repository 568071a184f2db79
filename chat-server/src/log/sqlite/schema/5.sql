-- Rooms with doors: how each is open, who looks after it, who may come in, who may not. The entries of kinds 20 to 27
-- tell how it came to be so.
CREATE TABLE modes (
  room       INTEGER PRIMARY KEY,
  private    INTEGER NOT NULL,
  read_only  INTEGER NOT NULL,
  topic_lock INTEGER NOT NULL,
  slow_secs  INTEGER NOT NULL
);

CREATE TABLE roles (
  id     INTEGER PRIMARY KEY,  -- in the order of appointment
  room   INTEGER NOT NULL,
  member INTEGER NOT NULL,
  role   TEXT    NOT NULL,     -- owner, moderator
  UNIQUE (room, member)
);
CREATE INDEX roles_of_members ON roles (member);

CREATE TABLE invitations (
  room   INTEGER NOT NULL,
  member INTEGER NOT NULL,
  PRIMARY KEY (room, member)
) WITHOUT ROWID;
CREATE INDEX invitations_of_members ON invitations (member);

CREATE TABLE bars (
  id     INTEGER PRIMARY KEY,
  room   INTEGER NOT NULL,
  kind   TEXT    NOT NULL,     -- ban, mute
  folded TEXT    NOT NULL,     -- whom, without regard to case
  whom   TEXT    NOT NULL,     -- a nick, a mask, an address range, from:nick
  range  TEXT,                 -- of addresses, where it is one
  member INTEGER,              -- who had the nick
  until  INTEGER,              -- milliseconds since 1970-01-01 UTC; none for ever
  reason TEXT    NOT NULL,
  nick   TEXT    NOT NULL,     -- of who decided it
  at     INTEGER NOT NULL,
  UNIQUE (room, kind, folded)
);

-- What was decided about a room, for those who look after it: topics, doors, deletions.
CREATE INDEX decided ON entries (key) WHERE kind = 3 OR kind >= 20;
CREATE INDEX deletions ON changes (key) WHERE kind = 5;
