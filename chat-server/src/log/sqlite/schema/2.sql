-- Rooms whose first entries are kept no longer: the log of such a room begins behind the number `through`.
CREATE TABLE beginnings (
  room    INTEGER PRIMARY KEY,
  through INTEGER NOT NULL,
  head    INTEGER NOT NULL  -- the room's last number at that time
);
