-- The projected rows of schema 1: derived from entries, dropped and filled again at will. Columns that
-- depend on now or on this replica do not belong here.

CREATE TABLE place (
  id        BLOB PRIMARY KEY NOT NULL,
  area      INTEGER NOT NULL,
  kind      INTEGER NOT NULL,
  parent    BLOB,
  building  BLOB    NOT NULL,               -- the topmost place that holds it
  name      TEXT    NOT NULL,
  ordering  INTEGER NOT NULL,
  state     TEXT,                           -- household state
  visit     INTEGER,                        -- outcome of the last effective visit
  visit_at  INTEGER,
  attempts  INTEGER NOT NULL DEFAULT 0,
  disputed  TEXT    NOT NULL DEFAULT ''     -- fields with several candidates
) STRICT, WITHOUT ROWID;
CREATE INDEX place_parent ON place (parent);
CREATE INDEX place_area ON place (area, kind, ordering, id);

CREATE TABLE asset (
  id         BLOB PRIMARY KEY NOT NULL,
  area       INTEGER NOT NULL,
  type       TEXT    NOT NULL,
  place      BLOB    NOT NULL,
  building   BLOB    NOT NULL,
  label      TEXT,
  factory    TEXT,                          -- month, `unreadable`, or NULL: not recorded
  size       TEXT,
  batch      BLOB,
  registration INTEGER NOT NULL,
  maker_life INTEGER,
  registered INTEGER NOT NULL,              -- local day
  scrapped   TEXT,                          -- month
  result     TEXT,                          -- JSON of the outcome that counts; NULL: never checked
  counts     BLOB,                          -- identity of the check that counts
  checked_at INTEGER,
  checked_by BLOB,
  checks     INTEGER NOT NULL DEFAULT 0,    -- unsuperseded checks known
  waiting    INTEGER NOT NULL DEFAULT 0,    -- undecided disputes
  due        TEXT    NOT NULL,              -- JSON of due months by obligation
  services   TEXT    NOT NULL DEFAULT '[]', -- JSON of service months
  disputed   TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_place ON asset (place);
CREATE INDEX asset_area ON asset (area, type, id);
CREATE INDEX asset_label ON asset (label) WHERE label IS NOT NULL;

-- Undecided disputes between checks: what waits at the merge desk.
CREATE TABLE dispute (
  asset  BLOB    NOT NULL,
  number INTEGER NOT NULL,
  area   INTEGER NOT NULL,
  checks TEXT    NOT NULL,                  -- JSON: identities, persons, times, outcomes
  PRIMARY KEY (asset, number)
) STRICT, WITHOUT ROWID;

-- "case" is a keyword of SQL.
CREATE TABLE matter (
  id         BLOB PRIMARY KEY NOT NULL,
  area       INTEGER NOT NULL,
  class      INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  place      BLOB    NOT NULL,
  asset      BLOB,
  state      TEXT    NOT NULL,
  open       INTEGER NOT NULL,
  level      INTEGER NOT NULL,
  suspected  INTEGER NOT NULL,
  judged     INTEGER NOT NULL,
  found_at   INTEGER NOT NULL,
  found_by   BLOB    NOT NULL,
  deadline   INTEGER,                       -- local day
  rectified  INTEGER,                       -- local day of the effective end
  on_spot    INTEGER NOT NULL,
  duplicate  INTEGER NOT NULL,
  claims     TEXT    NOT NULL,              -- JSON of events that were not legal where they stood
  note       TEXT,
  photos     INTEGER NOT NULL DEFAULT 0,
  mark       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX matter_area ON matter (area, open, found_at, id);

CREATE TABLE handout (
  identity BLOB PRIMARY KEY NOT NULL,
  area     INTEGER NOT NULL,
  batch    BLOB    NOT NULL,
  item     TEXT    NOT NULL,
  place    BLOB    NOT NULL,
  quantity INTEGER NOT NULL,
  unit     TEXT    NOT NULL,
  day      INTEGER NOT NULL,
  mark     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE handout_batch (
  id      BLOB PRIMARY KEY NOT NULL,
  area    INTEGER NOT NULL,
  item    TEXT    NOT NULL,
  size    TEXT,
  manner  INTEGER NOT NULL,
  day     INTEGER NOT NULL,
  project TEXT,
  factory TEXT,
  mark    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attendance (
  identity     BLOB PRIMARY KEY NOT NULL,
  area         INTEGER NOT NULL,
  subject      BLOB    NOT NULL,
  person_times INTEGER NOT NULL,
  day          INTEGER NOT NULL,
  force        TEXT,
  mark         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Planned rounds and their frozen lists; campaigns; closes.
CREATE TABLE round (
  id        BLOB PRIMARY KEY NOT NULL,
  area      INTEGER NOT NULL,
  name      TEXT    NOT NULL,
  first_day INTEGER NOT NULL,
  last_day  INTEGER NOT NULL,
  checklist TEXT,
  campaign  BLOB,
  closed    TEXT                            -- JSON of the author table, once closed
) STRICT, WITHOUT ROWID;

CREATE TABLE round_target (
  round    BLOB    NOT NULL,
  building BLOB    NOT NULL,
  subject  BLOB    NOT NULL,
  door     INTEGER NOT NULL,                -- 1: a door, 0: an asset
  PRIMARY KEY (round, building, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (
  id        BLOB PRIMARY KEY NOT NULL,
  area      INTEGER NOT NULL,
  name      TEXT    NOT NULL,
  first_day INTEGER NOT NULL,
  last_day  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE month_close (
  area  INTEGER NOT NULL,
  month TEXT    NOT NULL,
  marks TEXT    NOT NULL,
  PRIMARY KEY (area, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE figure (
  id         BLOB PRIMARY KEY NOT NULL,
  year       INTEGER NOT NULL,
  line       TEXT    NOT NULL,
  measure    TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  unit       TEXT    NOT NULL,
  precision  INTEGER NOT NULL,
  quotes     TEXT    NOT NULL,              -- JSON
  note       TEXT,
  cumulative INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE area_row (
  code   TEXT PRIMARY KEY NOT NULL,
  parent TEXT,
  level  TEXT NOT NULL,
  name   TEXT NOT NULL,
  since  INTEGER,
  until  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  id     BLOB PRIMARY KEY NOT NULL,
  roster TEXT    NOT NULL,
  role   INTEGER NOT NULL,
  force  TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE adopted_pack (
  area   TEXT    PRIMARY KEY NOT NULL,
  pack   TEXT    NOT NULL,
  number INTEGER NOT NULL,
  hash   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- What the folds could not use, shown and never silent: unread kinds, clashes of one origin, cycles.
CREATE TABLE oddity (
  subject BLOB    NOT NULL,
  entry   BLOB    NOT NULL,
  code    TEXT    NOT NULL,
  area    INTEGER NOT NULL,
  PRIMARY KEY (subject, entry, code)
) STRICT, WITHOUT ROWID;
