//! What the tests of rows are written with: a script of entries said by a small cast, and worlds that
//! take a script in any order. No keys, segments or feeds.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    AssetAdded, Body, Check, Entry, EntryKey, Outcome, PlaceAdded, PlaceKind, Registration, Undo,
    Verdict, Visit, VisitOutcome,
};
use doorstep_model::facts::checks;
use doorstep_model::ids::{AreaId, AssetId, AuthorTag, Identity, PersonId, PlaceId};
use doorstep_model::role::Role;
use rusqlite::{Connection, params};

use super::{Packs, area_checksum, checksums, rebuild};
use crate::directory::Directory;
use crate::door::{Door, Incoming};
use crate::store::{Place, Store, begin};

/// 2026-11-25 12:00 at +08:00.
pub(crate) const NOON: i64 = 1_795_579_200;

/// Who speaks: the office, three volunteers and a clerk on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Office,
    Wang,
    Li,
    Zhao,
    Clerk,
}

impl Who {
    const ALL: [Self; 5] = [Self::Office, Self::Wang, Self::Li, Self::Zhao, Self::Clerk];

    pub(crate) fn tag(self) -> AuthorTag {
        AuthorTag([self as u8 + 1; 4])
    }

    pub(crate) fn person(self) -> PersonId {
        PersonId(Identity::of_hash([self as u8 + 1; 16]))
    }

    fn role(self) -> Role {
        match self {
            Self::Office | Self::Clerk => Role::Clerk,
            Self::Wang | Self::Li | Self::Zhao => Role::Volunteer,
        }
    }
}

/// The committee in which everything happens.
pub(crate) fn committee() -> AreaId {
    AreaId::new("310101019005").expect("a code")
}

/// One entry on its way.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    who: Who,
    area: AreaId,
    document: DocumentName,
    key: EntryKey,
    entry: Entry,
}

/// What was said, in the order of saying.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) said: Vec<Said>,
    pub(crate) seen: Vec<Identity>,
    round: Option<RoundKey>,
    counter: u64,
}

impl Script {
    /// Says something about a subject, in the building's structure unless the kind belongs elsewhere.
    pub(crate) fn say(
        &mut self,
        who: Who,
        subject: Identity,
        time: i64,
        body: impl Into<Body>,
    ) -> Identity {
        let entry = Entry::new(body, time).after(std::mem::take(&mut self.seen));
        self.write(who, Some(subject), entry)
    }

    /// Says that something new is there.
    pub(crate) fn make(&mut self, who: Who, time: i64, body: impl Into<Body>) -> Identity {
        self.write(who, None, Entry::new(body, time))
    }

    /// The round of what follows; else [`round`].
    pub(crate) fn in_round(&mut self, round: RoundKey) {
        self.round = Some(round);
    }

    /// What the next entry had seen.
    pub(crate) fn after(&mut self, seen: &[Identity]) -> &mut Self {
        self.seen = seen.to_vec();
        self
    }

    /// Says an entry as it is, about itself when no subject is given.
    pub(crate) fn write(&mut self, who: Who, subject: Option<Identity>, entry: Entry) -> Identity {
        let area = committee();
        self.write_in(&area, who, subject, entry)
    }

    pub(crate) fn write_in(
        &mut self,
        area: &AreaId,
        who: Who,
        subject: Option<Identity>,
        entry: Entry,
    ) -> Identity {
        self.counter += 1;
        let own = Identity::of_entry(who.tag(), self.counter);
        let identity = entry.envelope.origin.unwrap_or(own);
        let subject = subject.unwrap_or(identity);
        let document = document(&entry.body, subject, self.round.unwrap_or(round()));
        let key = EntryKey {
            subject,
            author: who.tag(),
            counter: self.counter,
        };
        self.said.push(Said {
            who,
            area: area.clone(),
            document,
            key,
            entry,
        });
        identity
    }

    pub(crate) fn building(&mut self, name: &str) -> Identity {
        self.place(PlaceKind::Building, None, name)
    }

    pub(crate) fn place(
        &mut self,
        kind: PlaceKind,
        parent: Option<Identity>,
        name: &str,
    ) -> Identity {
        let (parent, name) = (parent.map(PlaceId), name.to_owned());
        self.make(
            Who::Office,
            NOON,
            PlaceAdded {
                kind,
                parent,
                name,
                order: None,
            },
        )
    }

    pub(crate) fn bottle(&mut self, at: Identity) -> Identity {
        self.make(Who::Office, NOON, bottle(at, None))
    }

    pub(crate) fn check(
        &mut self,
        who: Who,
        asset: Identity,
        time: i64,
        seen: Outcome,
    ) -> Identity {
        self.say(who, asset, time, check(seen))
    }

    pub(crate) fn visit(
        &mut self,
        who: Who,
        door: Identity,
        time: i64,
        of: VisitOutcome,
    ) -> Identity {
        self.say(
            who,
            door,
            time,
            Visit {
                outcome: of,
                note: None,
                next: None,
                date_only: None,
            },
        )
    }

    pub(crate) fn undo(
        &mut self,
        who: Who,
        subject: Identity,
        time: i64,
        of: Identity,
    ) -> Identity {
        self.say(who, subject, time, Undo { of })
    }
}

pub(crate) fn bottle(at: Identity, label: Option<&str>) -> AssetAdded {
    AssetAdded {
        asset_type: "extinguisher.dry_powder".to_owned(),
        place: PlaceId(at),
        label: label.map(str::to_owned),
        factory: Some(2020 * 12 + 4),
        size: Some("2kg".to_owned()),
        batch: None,
        registration: Registration::Registered,
        maker_life_years: None,
    }
}

pub(crate) fn check(outcome: Outcome) -> Check {
    Check {
        outcome,
        note: None,
        photos: None,
        pack: None,
        date_only: None,
    }
}

/// Ad hoc on the day of [`NOON`], in the one building that scripts use.
pub(crate) fn round() -> RoundKey {
    RoundKey::AdHoc(20_782)
}

/// The building whose rounds scripts write in.
pub(crate) fn street() -> Identity {
    Identity::of_hash([0xdd; 16])
}

fn document(body: &Body, subject: Identity, round: RoundKey) -> DocumentName {
    let street = street();
    match body {
        Body::Visit(_) | Body::Check(_) | Body::Correction(_) | Body::AdHocTargets(_) => {
            DocumentName::Round(street, round)
        }
        Body::Found(_) | Body::CaseStep(_) => DocumentName::Case(subject),
        Body::RoundPlanned(_)
        | Body::RoundTargets(_)
        | Body::RoundClosed(_)
        | Body::Horizon(_)
        | Body::Carry(_) => DocumentName::Plan,
        Body::Verdict(_) | Body::Decision(_) => DocumentName::Desk,
        Body::PersonDeclared(_) | Body::AreaDeclared(_) | Body::PackAdopted(_) => {
            DocumentName::Organisation
        }
        _ => DocumentName::Place(street),
    }
}

/// A store that takes scripts.
pub(crate) struct World {
    connection: Connection,
    directory: Directory,
    packs: Packs,
}

impl World {
    /// An empty world. In another one (`number`) the same authors and areas have other local numbers.
    pub(crate) fn new(number: usize) -> Self {
        let store = Store::open(&Place::Memory, None).expect("memory opens");
        let mut connection = Store::into_connection(store);
        let mut cast = Who::ALL;
        cast.rotate_left(number % Who::ALL.len());
        let tx = begin(&mut connection).expect("a transaction");
        for padding in 0..number % 3 {
            let code = format!("padding-{padding}");
            tx.execute("INSERT INTO area (code) VALUES (?1)", [code])
                .expect("an area");
        }
        for who in cast {
            tx.execute(
                "INSERT INTO author (tag, public_key, proof, role, office, person) \
                 VALUES (?1, zeroblob(32), x'', ?2, ?3, ?4)",
                params![
                    who.tag().as_bytes(),
                    who.role().code(),
                    who == Who::Office,
                    who.person().identity().as_bytes()
                ],
            )
            .expect("an author");
        }
        tx.commit().expect("a commit");
        Self {
            connection,
            directory: Directory::default(),
            packs: Packs::default(),
        }
    }

    /// A world that took this script in this order, one entry a transaction.
    pub(crate) fn after(number: usize, said: &[Said]) -> Self {
        let mut world = Self::new(number);
        for one in said {
            world.take(std::slice::from_ref(one));
        }
        world
    }

    /// Makes a pack known in this world only.
    pub(crate) fn add_pack(&mut self, json: &str) {
        self.packs.add(json).expect("a pack");
    }

    /// Takes entries in one transaction.
    pub(crate) fn take(&mut self, said: &[Said]) {
        self.write(|door| {
            for one in said {
                let author = author_id(door, one.who);
                let document = door.document(&one.area, &one.document).expect("a document");
                let value = one.entry.to_bytes();
                door.add(&Incoming {
                    author,
                    document,
                    segment: None,
                    key: one.key,
                    entry: &one.entry,
                    value: &value,
                    time: one.entry.envelope.time,
                    standing: 0,
                })
                .expect("an entry");
            }
        });
    }

    /// Takes an entry out again, as an undo before sealing does.
    pub(crate) fn remove(&mut self, identity: Identity) {
        self.write(|door| {
            let rows = crate::door::rows_of(door.tx, door.directory, identity).expect("rows");
            for row in rows {
                door.remove(row).expect("removed");
            }
        });
    }

    fn write(&mut self, act: impl FnOnce(&mut Door<'_>)) {
        let tx = begin(&mut self.connection).expect("a transaction");
        let mut door = Door::new(&tx, &mut self.directory, &self.packs);
        act(&mut door);
        door.settle().expect("settled");
        drop(door);
        tx.commit().expect("a commit");
    }

    pub(crate) fn rebuild(&mut self) {
        let tx = begin(&mut self.connection).expect("a transaction");
        rebuild(&tx, &mut self.directory, &self.packs).expect("rebuilt");
        tx.commit().expect("a commit");
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Every row of every table, by the tables' checksums: equal exactly when the rows are.
    pub(crate) fn sums(&self) -> Vec<String> {
        let mut sums = Vec::new();
        for area in [committee(), AreaId::organisation()] {
            let tables = checksums(&self.connection, &area).expect("checksums");
            sums.extend(
                tables
                    .iter()
                    .map(|sum| serde_json::to_string(sum).expect("json")),
            );
            sums.push(format!(
                "{:?}",
                area_checksum(&self.connection, &self.packs, &area).expect("a sum")
            ));
        }
        sums.push(self.text(
            "SELECT group_concat(hex(subject) || hex(entry) || code) FROM \
                             (SELECT * FROM oddity ORDER BY subject, entry, code)",
        ));
        sums
    }

    /// The first column of a query's first row as text; empty for NULL and for no row.
    pub(crate) fn text(&self, sql: &str) -> String {
        let mut select = self.connection.prepare(sql).expect("SQL");
        let mut rows = select.query([]).expect("a query");
        let Some(row) = rows.next().expect("a step") else {
            return String::new();
        };
        match row.get_ref(0).expect("a column") {
            rusqlite::types::ValueRef::Null => String::new(),
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        }
    }

    /// One column of one asset.
    pub(crate) fn asset(&self, id: Identity, column: &str) -> String {
        self.of("asset", id, column)
    }

    /// How many looks at an asset its page shows.
    pub(crate) fn looks(&self, id: Identity) -> usize {
        let page = crate::query::asset(&self.connection, &self.packs, AssetId(id), NOON);
        page.expect("a page").expect("the asset").history.len()
    }

    pub(crate) fn of(&self, table: &str, id: Identity, column: &str) -> String {
        let hex = data_encoding::HEXLOWER.encode(id.as_bytes());
        self.text(&format!("SELECT {column} FROM {table} WHERE id = x'{hex}'"))
    }

    pub(crate) fn codes(&self) -> String {
        self.text("SELECT group_concat(code) FROM (SELECT code FROM oddity ORDER BY code)")
    }
}

fn author_id(door: &mut Door<'_>, who: Who) -> i64 {
    door.directory
        .author_by_tag(door.tx, who.tag())
        .expect("a look")
        .expect("of the cast")
        .id
}

/// Says of a script that its order of arrival does not show: in different orders, entry by entry and
/// all at once, with different local numbers, and after a rebuild.
pub(crate) fn is_a_set_function(script: &Script) -> World {
    let forward = World::after(0, &script.said);
    let sums = forward.sums();
    let mut orders = vec![script.said.iter().rev().cloned().collect::<Vec<_>>()];
    for turn in 1..script.said.len().min(6) {
        let mut order = script.said.clone();
        order.rotate_left(turn * script.said.len() / 6);
        orders.push(order);
    }
    for (number, order) in orders.iter().enumerate() {
        assert_eq!(
            World::after(number + 1, order).sums(),
            sums,
            "order {number}"
        );
    }
    let mut at_once = World::new(2);
    at_once.take(&script.said);
    assert_eq!(at_once.sums(), sums, "all at once");
    at_once.rebuild();
    assert_eq!(at_once.sums(), sums, "after a rebuild");
    forward
}

pub(crate) fn verdict(ruling: doorstep_model::entry::Ruling) -> Verdict {
    Verdict {
        ruling,
        segment: None,
        code: "desk".to_owned(),
        reason: None,
    }
}

pub(crate) fn assets(ids: &[Identity]) -> Vec<AssetId> {
    ids.iter().copied().map(AssetId).collect()
}

impl World {
    /// The plan that SQLite makes of every statement that `act` runs.
    pub(crate) fn watch_scans(
        &mut self,
        act: impl FnOnce(&Connection, &Packs),
    ) -> Vec<(String, Vec<String>)> {
        use rusqlite::trace::{TraceEvent, TraceEventCodes};
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let notes = Arc::clone(&seen);
        let note = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(statement, _) = event {
                notes
                    .lock()
                    .expect("one thread")
                    .insert(statement.sql().into_owned());
            }
        };
        self.connection
            .trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(note))
            .expect("a trace");
        act(&self.connection, &self.packs);
        self.connection
            .trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>)
            .expect("no trace");
        let seen = seen.lock().expect("one thread").clone();
        seen.into_iter()
            .map(|sql| (sql.clone(), self.plan(&sql)))
            .collect()
    }

    fn plan(&self, sql: &str) -> Vec<String> {
        let mut explain = self
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .expect("a plan");
        let mut rows = explain.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().expect("a step") {
            steps.push(row.get(3).expect("a text"));
        }
        steps
    }

    /// What the row of an asset is made of: by the tail of its entries if that suffices, and by all.
    pub(crate) fn folds(&mut self, id: Identity) -> (Option<String>, String) {
        let (connection, directory, packs) = self.inner();
        let area = connection
            .query_row(
                "SELECT area FROM asset WHERE id = ?1",
                [id.as_bytes()],
                |row| row.get(0),
            )
            .expect("the asset");
        let working = packs.of(connection, area).expect("a pack");
        let fold = |gathered: &super::Gathered| {
            let state = checks::fold(&gathered.placed(super::is_look), working.as_ref());
            let last = state
                .history
                .iter()
                .rfind(|look| look.superseded_by.is_none())
                .cloned();
            let waiting: Vec<_> = state
                .waiting()
                .map(|dispute| dispute.checks.clone())
                .collect();
            format!("{:?} {last:?} {waiting:?}", state.current)
        };
        let all = super::gather::entries(connection, directory, id).expect("all");
        let tail = super::gather::tail(connection, directory, id).expect("a tail");
        let suffices = super::asset::tail_suffices(connection, id, &tail).expect("an answer");
        (suffices.then(|| fold(&tail)), fold(&all))
    }

    pub(crate) fn inner(&mut self) -> (&Connection, &mut Directory, &Packs) {
        (&self.connection, &mut self.directory, &self.packs)
    }
}
