-- Accounts: nicks that belong to somebody. id = their member's, for ever.
CREATE TABLE accounts (
  id       INTEGER PRIMARY KEY,
  nick     TEXT    NOT NULL,
  password TEXT    NOT NULL,  -- argon2id, as a PHC string
  version  INTEGER NOT NULL,  -- how often the password was changed
  admin    INTEGER NOT NULL,
  created  INTEGER NOT NULL   -- milliseconds since 1970-01-01 UTC
);
