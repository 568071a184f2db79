-- Single values: epoch, unsure, and up to which numbers are set aside.
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- What was said and done, a row an entry. key = room << 40 | number.
CREATE TABLE entries (
  key    INTEGER PRIMARY KEY,
  pos    INTEGER NOT NULL,  -- position among all entries of the log
  at     INTEGER NOT NULL,  -- milliseconds since 1970-01-01 UTC
  member INTEGER NOT NULL,
  nick   TEXT    NOT NULL,  -- as it was then
  id     BLOB    NOT NULL,  -- as the sender chose it, 16 bytes
  kind   INTEGER NOT NULL,  -- 1 text, 2 action, 3 topic
  text   TEXT,
  body   BLOB,              -- what the text does not hold
  sum    INTEGER NOT NULL   -- CRC-32 of all the other columns
);

-- Ids chosen by clients, for seven days at least: which entry each stands for. week = at / 7 days.
CREATE TABLE ids (
  week   INTEGER NOT NULL,
  member INTEGER NOT NULL,
  id     BLOB    NOT NULL,
  key    INTEGER NOT NULL,
  PRIMARY KEY (week, member, id)
) WITHOUT ROWID;

-- Rooms have a name; private conversations have two members and their nicks, the smaller number first.
CREATE TABLE rooms (
  id      INTEGER PRIMARY KEY,
  name    TEXT,
  one     INTEGER,
  other   INTEGER,
  nicks   TEXT,
  topic   TEXT NOT NULL,
  created INTEGER NOT NULL,
  kept    INTEGER NOT NULL
);

-- Those who may come back: guests for as long as their session waits.
CREATE TABLE members (
  id    INTEGER PRIMARY KEY,
  nick  TEXT NOT NULL,
  since INTEGER NOT NULL,
  away  TEXT
);

CREATE TABLE memberships (
  member INTEGER NOT NULL,
  room   INTEGER NOT NULL,
  after  INTEGER NOT NULL,  -- the room's last number when they came
  PRIMARY KEY (member, room)
) WITHOUT ROWID;

CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY,
  member     INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  token      BLOB    NOT NULL  -- SHA-256 of the secret
);

-- For people who look into the file.
CREATE VIEW messages AS
  SELECT coalesce(r.name, '@' || r.nicks) AS room,
         e.key & 0xFFFFFFFFFF AS number,
         strftime('%Y-%m-%dT%H:%M:%fZ', e.at / 1000.0, 'unixepoch') AS time,
         e.nick AS nick,
         CASE e.kind WHEN 2 THEN '/me ' || e.text ELSE e.text END AS text
    FROM entries e JOIN rooms r ON r.id = e.key >> 40
   WHERE e.kind IN (1, 2);
