-- Clients that come in as an account by a token. number: among those of the account.
CREATE TABLE devices (
  account INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  token   BLOB    NOT NULL,  -- SHA-256 of the secret
  name    TEXT    NOT NULL,
  created INTEGER NOT NULL,  -- milliseconds since 1970-01-01 UTC
  used    INTEGER NOT NULL,  -- when it last logged in
  PRIMARY KEY (account, number)
) WITHOUT ROWID;

-- The device by which a session came.
ALTER TABLE sessions ADD COLUMN device INTEGER;
