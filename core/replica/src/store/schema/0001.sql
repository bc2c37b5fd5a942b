-- Schema 1. Tables are STRICT; lists of columns are spelled out in every INSERT; ids are never
-- reused, but for entries: nothing outlives their rows that knows them by these ids.
-- Counters and feed positions are unsigned in the model and stored bit for bit as 64-bit integers.

-- One value each: who this replica is, what it has promised.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY NOT NULL,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Feeds that this replica holds, and how far.
CREATE TABLE area (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  code        TEXT    NOT NULL UNIQUE,
  epoch       BLOB,                          -- the feed's epoch; NULL before the first contact
  position    INTEGER NOT NULL DEFAULT 0,    -- last position held, in feed order
  hash        BLOB    NOT NULL DEFAULT (zeroblob(16)),
  received_at INTEGER NOT NULL DEFAULT 0,    -- of the newest item; never falls
  backed_up   INTEGER NOT NULL DEFAULT 0,    -- every item up to here is in a backup of the office
  statement   BLOB,                          -- the last office statement about this area
  epoch_said  BLOB,                          -- the office's statement that began the epoch
  subscribed  INTEGER NOT NULL DEFAULT 1,
  synced_at   INTEGER                        -- own clock at the last complete sync
) STRICT;

-- Epochs that a feed had before, its own or learned from an office's signature.
CREATE TABLE epoch (
  area      INTEGER NOT NULL,
  epoch     BLOB    NOT NULL,
  until     INTEGER,                         -- positions up to here are shared with the next epoch
  statement BLOB,                            -- the last office statement in it
  PRIMARY KEY (area, epoch)
) STRICT, WITHOUT ROWID;

-- Everybody who ever wrote here.
CREATE TABLE author (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  tag         BLOB    NOT NULL UNIQUE,
  public_key  BLOB    NOT NULL,
  proof       BLOB    NOT NULL,              -- grant, invitation or succession, as shown
  role        INTEGER NOT NULL,
  office      INTEGER NOT NULL,              -- 1: an office author
  person      BLOB    NOT NULL,              -- whose entries they are when they name nobody
  predecessor BLOB,                          -- tag of the author that this one succeeds
  succession  INTEGER NOT NULL DEFAULT 0,    -- how many it succeeds, one after the other
  revoked_at  INTEGER,                       -- received-at of the revocation
  proof_at    INTEGER,                       -- received-at of the first segment with this proof
  confirmed   INTEGER NOT NULL DEFAULT 0     -- the office's: 1 once a clerk let a second succession go on
) STRICT;

-- An author's chain in an area.
CREATE TABLE chain (
  area    INTEGER NOT NULL,
  author  INTEGER NOT NULL,
  n       INTEGER NOT NULL DEFAULT 0,        -- last segment held
  hash    BLOB,                              -- its hash
  ended   TEXT,                              -- code, when the author may go no further
  seen    BLOB,                              -- own author: what was held at the first unsealed tap
  shown   BLOB,                              -- own author: digest of the proof shown last
  opaque  INTEGER NOT NULL DEFAULT 0,        -- 1: later segments cannot be read by this version
  PRIMARY KEY (area, author)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  hash    BLOB    NOT NULL UNIQUE,           -- document id
  area    INTEGER NOT NULL,
  kind    INTEGER NOT NULL,
  subject BLOB    NOT NULL,
  round   BLOB,
  saved   BLOB                               -- compacted changes, packed
) STRICT;
CREATE INDEX document_subject ON document (subject, kind);
CREATE INDEX document_round ON document (round, area) WHERE round IS NOT NULL;

-- An author's chain in a document: what vetting and sealing need, instead of the document.
CREATE TABLE document_chain (
  document INTEGER NOT NULL,
  author   INTEGER NOT NULL,
  state    BLOB    NOT NULL,
  below    BLOB,                             -- where it stood when a baseline left its changes out
  PRIMARY KEY (document, author)
) STRICT, WITHOUT ROWID;

CREATE TABLE segment (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  area        INTEGER NOT NULL,
  author      INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  hash        BLOB    NOT NULL,
  compacted   INTEGER NOT NULL DEFAULT 0,
  cut         INTEGER NOT NULL DEFAULT 0,    -- 1: compacted, and a baseline left changes of it out
  opaque      INTEGER NOT NULL DEFAULT 0,    -- 1: of a major version that this code cannot read
  seen_epoch  BLOB,
  seen        INTEGER,
  seen_at     INTEGER,                       -- lower bound of its entries' times
  received_at INTEGER,                       -- upper bound; NULL until the office has it
  shifts      BLOB,
  earlier     BLOB,
  position    INTEGER,                       -- in the feed; NULL until known
  was_epoch   BLOB,                          -- where it stood in the epoch before this one
  was         INTEGER,
  feed_hash   BLOB,                          -- hash of the feed up to this item
  standing    INTEGER NOT NULL DEFAULT 0,    -- 0 counts, 1 held, 2 out
  first       INTEGER,                       -- least counter of its entries here; NULL: none
  last        INTEGER,                       -- greatest
  bytes       BLOB    NOT NULL,              -- verbatim; compacted: header, references, signature
  UNIQUE (area, author, n)
) STRICT;
CREATE INDEX segment_unreceived ON segment (author) WHERE received_at IS NULL;
CREATE UNIQUE INDEX segment_position ON segment (area, position) WHERE position IS NOT NULL;
CREATE INDEX segment_raw ON segment (area, position) WHERE compacted = 0 AND opaque = 0;

-- Signed bytes that are kept but do not flow: gap, losing branch, failed vetting, ended author.
CREATE TABLE quarantine (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  area      TEXT    NOT NULL,
  author    BLOB    NOT NULL,
  n         INTEGER NOT NULL,
  hash      BLOB    NOT NULL UNIQUE,
  bytes     BLOB    NOT NULL,
  code      TEXT    NOT NULL,
  stored_at INTEGER NOT NULL,
  told      INTEGER NOT NULL DEFAULT 0       -- phone: 1 once the office was told of it
) STRICT;
CREATE INDEX quarantine_author ON quarantine (author, n);

-- The durable truth beside the segments: one row an entry, from the tap on.
CREATE TABLE entry (
  id       INTEGER PRIMARY KEY,
  author   INTEGER NOT NULL,
  counter  INTEGER NOT NULL,
  document INTEGER NOT NULL,
  segment  INTEGER,                          -- NULL: pending, not sealed yet
  subject  BLOB    NOT NULL,
  kind     INTEGER NOT NULL,
  time     INTEGER NOT NULL,                 -- effective time, unix seconds
  standing INTEGER NOT NULL DEFAULT 0,       -- 0 counts, 1 held, 2 out
  origin   BLOB,                             -- honoured origin, else NULL
  value    BLOB    NOT NULL                  -- exactly the bytes of the document
) STRICT;
CREATE UNIQUE INDEX entry_key ON entry (author, counter);
CREATE INDEX entry_subject ON entry (subject, kind, time);
CREATE INDEX entry_copy ON entry (subject) WHERE origin IS NOT NULL;
CREATE INDEX entry_pending ON entry (segment) WHERE segment IS NULL;
-- A round's work in a building is its document's entries.
CREATE INDEX entry_document ON entry (document);
CREATE INDEX entry_standing ON entry (standing, document) WHERE standing > 0;
CREATE INDEX entry_origin ON entry (origin) WHERE origin IS NOT NULL;

-- The entries of a segment, by its author's counters: an index of its own would be one more a row.
CREATE VIEW sealed AS
  SELECT segment.id AS within, entry.* FROM segment CROSS JOIN entry
  ON entry.author = segment.author AND entry.counter BETWEEN segment.first AND segment.last
  AND entry.segment = segment.id;

-- The office's last word on a segment or an entry.
CREATE TABLE verdict (
  target     BLOB    NOT NULL,               -- 0, area id and segment name; or 1 and an entry's identity
  succession INTEGER NOT NULL,
  n          INTEGER NOT NULL,
  counter    INTEGER NOT NULL,
  ruling     INTEGER NOT NULL,
  code       TEXT    NOT NULL,
  entry      INTEGER NOT NULL,
  PRIMARY KEY (target, succession, n, counter, entry)
) STRICT, WITHOUT ROWID;

-- Arrivals that were proved after their segments had come: of several the office's last word holds
-- over the feed's item, also when it comes before the segment.
CREATE TABLE dated (
  area       INTEGER NOT NULL,
  author     BLOB    NOT NULL,               -- tag of the segment's author
  n          INTEGER NOT NULL,
  succession INTEGER NOT NULL,
  said       INTEGER NOT NULL,               -- number of the segment that says so
  counter    INTEGER NOT NULL,
  arrival    BLOB    NOT NULL,
  entry      INTEGER NOT NULL,
  PRIMARY KEY (area, author, n, succession, said, counter, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX dated_entry ON dated (entry);

-- Boots of this replica since the last seal.
CREATE TABLE boot (
  from_counter INTEGER PRIMARY KEY,
  id           BLOB    NOT NULL,
  anchor       INTEGER NOT NULL
) STRICT;

-- The shift of a boot, fixed for ever at its first receipt. The office's table.
CREATE TABLE boot_shift (
  author INTEGER NOT NULL,
  boot   BLOB    NOT NULL,
  shift  INTEGER NOT NULL,
  PRIMARY KEY (author, boot)
) STRICT, WITHOUT ROWID;

-- Writes by the caller's request id, numbered as they came: the last of them are remembered.
CREATE TABLE request (
  number INTEGER PRIMARY KEY,
  id     BLOB    NOT NULL UNIQUE,
  result BLOB    NOT NULL
) STRICT;

-- Own entries of the last taps, newest last: what undo may take back.
CREATE TABLE tap (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  entries BLOB NOT NULL,
  undone  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Small local rows by key: drafts, where she is. Never sent.
CREATE TABLE draft (
  key   TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What phones said at their last contact. The office's table.
CREATE TABLE contact (
  author  INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  unsent  INTEGER,
  off     INTEGER NOT NULL DEFAULT 0         -- its clock minus the office's, seconds
) STRICT;

-- Invitations used. The office's table.
CREATE TABLE invitation_use (
  id     BLOB PRIMARY KEY NOT NULL,
  author BLOB    NOT NULL,
  at     INTEGER NOT NULL,
  voided INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Arrivals that an earlier office fixed, proved by its signature, for segments that may come back.
CREATE TABLE proved_arrival (
  segment BLOB PRIMARY KEY NOT NULL,
  arrival BLOB NOT NULL,
  epoch   BLOB NOT NULL,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Baselines: at the office the newest of each area, at a phone the one that is being taken.
CREATE TABLE baseline (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  area     INTEGER NOT NULL,
  position INTEGER NOT NULL,                 -- where a phone stands that has taken it
  manifest BLOB    NOT NULL,                 -- as the office signed it
  UNIQUE (area, position)
) STRICT;

CREATE TABLE baseline_piece (
  id    INTEGER PRIMARY KEY AUTOINCREMENT,
  area  INTEGER NOT NULL,
  hash  BLOB    NOT NULL,                    -- SHA-256 of the whole piece
  bytes BLOB    NOT NULL,                    -- as far as they have come
  done  INTEGER NOT NULL DEFAULT 0,          -- phone: segments or changes of it that are imported
  UNIQUE (area, hash)
) STRICT;

-- Invitations given out. The office's table; those that were used stand in invitation_use.
CREATE TABLE invitation (
  id         BLOB PRIMARY KEY NOT NULL,
  area       TEXT    NOT NULL,
  role       INTEGER NOT NULL,
  persons    BLOB    NOT NULL,               -- list of identities
  made_at    INTEGER NOT NULL,
  use_until  INTEGER NOT NULL,
  work_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest grant that the office gave to a known author: told until the author shows it.
CREATE TABLE issued (
  author INTEGER PRIMARY KEY,
  bytes  BLOB    NOT NULL                    -- the signed grant
) STRICT;

-- Backups that were made and how far each area's feed is in them. The office's table.
CREATE TABLE backup (
  folder   TEXT    NOT NULL,
  area     TEXT    NOT NULL,
  position INTEGER NOT NULL,
  made_at  INTEGER NOT NULL,
  PRIMARY KEY (folder, area)
) STRICT, WITHOUT ROWID;

-- Entries rescued from broken stores without their author's key: for the desk. The office's table.
CREATE TABLE unsigned_entry (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  hash      BLOB    NOT NULL UNIQUE,
  area      TEXT    NOT NULL,
  entry     BLOB    NOT NULL,
  stored_at INTEGER NOT NULL
) STRICT;
