-- The projected rows of schema 1: derived from entries, dropped and filled again at will. Columns that
-- depend on now or on this replica do not belong here. `area` is where the row's first entry was
-- written, by local number. Months are TEXT `YYYY-MM`, or INTEGER year * 12 + month - 1 where they
-- are compared; days are local days since 1970-01-01; instants are unix seconds.

CREATE TABLE place (
  id         BLOB PRIMARY KEY NOT NULL,
  area       INTEGER NOT NULL,
  kind       INTEGER NOT NULL,              -- 0 estate, 1 building, 2 stairwell, 3 household, ...
  parent     BLOB,
  building   BLOB    NOT NULL,              -- the topmost place that holds it
  name       TEXT    NOT NULL,
  ordering   INTEGER NOT NULL,
  label      TEXT,
  state      TEXT,                          -- household state
  visit      INTEGER,                       -- outcome of the last effective visit
  visit_at   INTEGER,
  visit_next INTEGER,                       -- day proposed for the next attempt
  attempts   INTEGER NOT NULL,
  disputed   TEXT    NOT NULL,              -- numbers of the fields with several candidates
  extras     INTEGER NOT NULL,              -- rows about it in the tables of project/extras
  reaches_back INTEGER NOT NULL             -- 1: an entry about it may speak of others
) STRICT, WITHOUT ROWID;
CREATE INDEX place_parent ON place (parent, ordering, id);
CREATE INDEX place_area ON place (area, kind, ordering, id);

CREATE TABLE asset (
  id           BLOB PRIMARY KEY NOT NULL,
  area         INTEGER NOT NULL,
  type         TEXT    NOT NULL,
  place        BLOB    NOT NULL,
  building     BLOB    NOT NULL,
  label        TEXT,
  factory      TEXT,                        -- month, `unreadable`, or NULL: not recorded
  size         TEXT,
  batch        BLOB,
  registration INTEGER NOT NULL,
  maker_life   INTEGER,
  registered   INTEGER NOT NULL,            -- local day
  mark         INTEGER NOT NULL,            -- 0 real, 1 generated, 2 practice
  services     TEXT    NOT NULL,            -- JSON: [kind, month] of everything done to it
  ended        TEXT,                        -- month in which it was scrapped or replaced
  away         INTEGER NOT NULL,            -- 1: taken away for service and not back
  result       TEXT,                        -- `normal`, `missing` or JSON of fault codes; NULL: never
  counts       BLOB,                        -- identity of the check or decision that counts
  checked_at   INTEGER,                     -- when that was
  looked_on    INTEGER,                     -- local day of the last look
  looked_by    BLOB,                        -- person of the last look
  waiting      INTEGER NOT NULL,            -- undecided disputes
  due          TEXT    NOT NULL,            -- JSON of due months by obligation
  look_due     INTEGER,                     -- month in which the next look is due at the latest
  work_due     INTEGER,                     -- first month of everything else owed; 0: at once
  disputed     TEXT    NOT NULL,            -- numbers of the fields with several candidates
  extras       INTEGER NOT NULL,            -- rows about it in the tables of project/extras
  reaches_back INTEGER NOT NULL             -- 1: an entry about it may speak of others
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_place ON asset (place);
CREATE INDEX asset_building ON asset (building);
CREATE INDEX asset_area ON asset (area, type, id);

-- Which things bear which label code; one code on several things is for the desk.
CREATE TABLE label (
  code     TEXT    NOT NULL,
  subject  BLOB    NOT NULL,
  area     INTEGER NOT NULL,
  disputed INTEGER NOT NULL,
  PRIMARY KEY (code, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_subject ON label (subject);

-- Undecided disputes between checks: what waits at the merge desk.
CREATE TABLE dispute (
  asset    BLOB    NOT NULL,
  number   INTEGER NOT NULL,
  area     INTEGER NOT NULL,
  since    INTEGER NOT NULL,                -- time of its first check
  checks   TEXT    NOT NULL,                -- JSON: identity, person, time and result of each
  PRIMARY KEY (asset, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX dispute_area ON dispute (area, since, asset);

-- "case" is a keyword of SQL.
CREATE TABLE matter (
  id         BLOB PRIMARY KEY NOT NULL,
  area       INTEGER NOT NULL,
  class      INTEGER NOT NULL,              -- 0 hazard, 1 repair
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
  round      BLOB,
  campaign   BLOB,
  deadline   INTEGER,                       -- local day
  stopped    INTEGER NOT NULL,              -- 1: parked, the time limit does not run
  review     INTEGER,                       -- local day on which a parked case is looked at again
  rectified  INTEGER,                       -- local day of the effective end
  on_spot    INTEGER NOT NULL,
  duplicate  INTEGER NOT NULL,
  merged     BLOB,                          -- the case that it is the same as
  claims     TEXT    NOT NULL,              -- JSON of [event, code]: not legal where they stood
  note       TEXT,
  photos     INTEGER NOT NULL,
  mark       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX matter_area ON matter (area, open, found_at, id);
CREATE INDEX matter_place ON matter (place);
CREATE INDEX matter_asset ON matter (asset) WHERE asset IS NOT NULL;

CREATE TABLE handout (
  identity BLOB    NOT NULL,
  subject  BLOB    NOT NULL,                -- the household or point
  area     INTEGER NOT NULL,
  batch    BLOB    NOT NULL,
  item     TEXT    NOT NULL,
  quantity INTEGER NOT NULL,
  unit     TEXT    NOT NULL,
  day      INTEGER,                         -- NULL: the batch's
  mark     INTEGER NOT NULL,
  PRIMARY KEY (subject, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX handout_batch_of ON handout (batch);

CREATE TABLE handout_batch (
  id      BLOB PRIMARY KEY NOT NULL,
  area    INTEGER NOT NULL,
  item    TEXT    NOT NULL,
  size    TEXT,
  manner  INTEGER NOT NULL,                 -- 0 new, 1 replacement, 2 additional
  day     INTEGER NOT NULL,
  project TEXT,
  maker   TEXT,
  factory TEXT,
  mark    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE attendance (
  identity     BLOB    NOT NULL,
  subject      BLOB    NOT NULL,            -- round, campaign or area
  area         INTEGER NOT NULL,
  person_times INTEGER NOT NULL,
  day          INTEGER NOT NULL,
  force        TEXT,
  mark         INTEGER NOT NULL,
  PRIMARY KEY (subject, identity)
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
  closed    TEXT                            -- JSON of [author, last segment], once closed
) STRICT, WITHOUT ROWID;
CREATE INDEX round_area ON round (area, last_day, id);

CREATE TABLE round_target (
  building BLOB    NOT NULL,
  round    BLOB    NOT NULL,                -- round key: a plan's identity, or 4 bytes of a day
  subject  BLOB    NOT NULL,
  area     INTEGER NOT NULL,
  door     INTEGER NOT NULL,                -- 1: a door, 0: an asset
  PRIMARY KEY (building, round, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX round_target_round ON round_target (round, building, door);

CREATE TABLE campaign (
  id        BLOB PRIMARY KEY NOT NULL,
  area      INTEGER NOT NULL,
  name      TEXT    NOT NULL,
  first_day INTEGER NOT NULL,
  last_day  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE month_close (
  subject BLOB    NOT NULL,                 -- of the area
  month   TEXT    NOT NULL,
  area    INTEGER NOT NULL,
  marks   TEXT    NOT NULL,                 -- JSON of [author, last segment]
  PRIMARY KEY (subject, month)
) STRICT, WITHOUT ROWID;

-- Building-rounds below the horizon: their documents leave the rows, `carry` entries stand for them.
CREATE TABLE horizon (
  building BLOB    NOT NULL,
  round    BLOB    NOT NULL,                -- round key, as in round_target
  subject  BLOB    NOT NULL,                -- of the area
  area     INTEGER NOT NULL,
  at       INTEGER NOT NULL,                -- when an office first said so
  PRIMARY KEY (building, round, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX horizon_subject ON horizon (subject);

CREATE TABLE figure (
  id         BLOB PRIMARY KEY NOT NULL,
  area       INTEGER NOT NULL,
  year       INTEGER NOT NULL,
  line       TEXT    NOT NULL,
  measure    TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  unit       TEXT    NOT NULL,
  precision  INTEGER NOT NULL,              -- 0 exact, 1 at least
  quotes     TEXT    NOT NULL,              -- JSON
  note       TEXT,
  cumulative INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX figure_line ON figure (year, line);

CREATE TABLE area_row (
  subject BLOB PRIMARY KEY NOT NULL,
  area    INTEGER NOT NULL,
  code    TEXT    NOT NULL,
  parent  TEXT,
  level   TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  since   INTEGER,
  until   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX area_row_code ON area_row (code);
CREATE INDEX area_row_parent ON area_row (parent);

CREATE TABLE person (
  id     BLOB PRIMARY KEY NOT NULL,
  area   INTEGER NOT NULL,
  roster TEXT    NOT NULL,
  role   INTEGER NOT NULL,
  force  TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE adopted_pack (
  subject BLOB PRIMARY KEY NOT NULL,        -- of the area that it holds for
  area    INTEGER NOT NULL,
  pack    TEXT    NOT NULL,
  number  INTEGER NOT NULL,
  hash    BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Authors that an office revoked, with the received-at of the first word of it.
CREATE TABLE revocation (
  subject     BLOB    NOT NULL,
  author      BLOB    NOT NULL,             -- tag
  area        INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (subject, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocation_author ON revocation (author);

CREATE TABLE transport_key (
  subject BLOB PRIMARY KEY NOT NULL,
  area    INTEGER NOT NULL,
  key     BLOB    NOT NULL                  -- SHA-256 of the office's next public key
) STRICT, WITHOUT ROWID;

-- Two subjects that the office says are one thing.
CREATE TABLE same_as (
  subject BLOB    NOT NULL,
  other   BLOB    NOT NULL,
  area    INTEGER NOT NULL,
  PRIMARY KEY (subject, other)
) STRICT, WITHOUT ROWID;

-- Import batches: which row stands in which, and which were taken back.
CREATE TABLE import_row (
  subject BLOB    NOT NULL,                 -- identity of the row
  batch   BLOB    NOT NULL,
  area    INTEGER NOT NULL,
  PRIMARY KEY (subject, batch)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_row_batch ON import_row (batch);

CREATE TABLE import_undone (
  subject BLOB PRIMARY KEY NOT NULL,        -- the batch
  area    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the folds could not use, shown and never silent: unread kinds, clashes of one origin, cycles.
CREATE TABLE oddity (
  subject BLOB    NOT NULL,
  entry   BLOB    NOT NULL,                 -- identity
  code    TEXT    NOT NULL,
  area    INTEGER NOT NULL,
  PRIMARY KEY (subject, entry, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX oddity_area ON oddity (area, subject);
