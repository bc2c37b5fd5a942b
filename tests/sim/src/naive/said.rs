//! Everything that was ever said, as the office's store keeps it: entries with their writers and the
//! segments they came in. What an entry is worth is not decided here.

use std::collections::BTreeMap;
use std::rc::Rc;

use doorstep_model::entry::{Body, Entry};
use doorstep_model::feed::EarlierPosition;
use doorstep_model::grant::Proof;
use doorstep_model::ids::{AreaId, AuthorTag, EpochId, Identity, PersonId};
use doorstep_model::keys::PublicKey;
use doorstep_model::role::Role;
use doorstep_model::segment::{Boot, Seen, Segment};
use rusqlite::Connection;

use crate::broken::{Broken, Checked, Promise};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// Somebody of the roster.
    Named(PersonId),
    /// Whoever has this key: neither the entry nor the grant names anybody.
    Holder(AuthorTag),
}

/// Who wrote.
#[derive(Debug)]
pub struct Writer {
    /// Its tag.
    pub tag: AuthorTag,
    /// The role that its grant gives.
    pub role: Role,
    /// An office's own author.
    pub office: bool,
    /// The first person of its grant.
    pub person: Person,
    /// The authors that its device was before.
    pub before: Vec<AuthorTag>,
}

/// What is known of the segment that an entry came in.
#[derive(Debug)]
pub struct Sealed {
    /// Number among its author's.
    pub n: u64,
    /// Where it stands in the feed now.
    pub position: Option<u64>,
    /// Where it stood in an earlier epoch.
    pub earlier: Option<EarlierPosition>,
    /// What its author held.
    pub seen: Option<Seen>,
    /// Its boots.
    pub boots: Vec<Boot>,
    /// When the office had it first, and the shift of each boot.
    pub arrival: Option<(i64, Vec<i64>)>,
}

/// One entry with everything that bears on it.
#[derive(Debug)]
pub struct Said {
    /// Its row, to find it again.
    pub row: i64,
    /// Where.
    pub area: AreaId,
    /// Kind and subject of its document.
    pub document: (u8, Identity),
    /// By whom.
    pub writer: Rc<Writer>,
    /// Number among its author's.
    pub counter: u64,
    /// About what.
    pub subject: Identity,
    /// What.
    pub entry: Entry,
    /// Its bytes' meaning without who and when.
    pub content: [u8; 32],
    /// In which segment; none while it is pending.
    pub sealed: Option<Rc<Sealed>>,
    /// Who acted.
    pub person: Person,
    /// What they may do.
    pub role: Role,
    /// What it is called.
    pub identity: Identity,
    /// When, as far as everybody agrees.
    pub time: i64,
    /// What the office lets it count as.
    pub standing: Standing,
}

/// What an entry counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Standing {
    /// It counts.
    #[default]
    Counts,
    /// It waits for somebody to look at it.
    Held,
    /// Refused or quarantined.
    Out,
}

impl Said {
    /// The writer's name of the entry, whatever it is called now.
    pub fn own_name(&self) -> Identity {
        Identity::of_entry(self.writer.tag, self.counter)
    }
}

/// How long each epoch of each area's feed went together with the one after it.
#[derive(Debug, Default)]
pub struct Epochs {
    now: BTreeMap<AreaId, EpochId>,
    shared: BTreeMap<(AreaId, EpochId), u64>,
}

impl Epochs {
    /// Reads them.
    ///
    /// # Errors
    /// The store's.
    pub fn read(connection: &Connection) -> Checked<Self> {
        let mut epochs = Self::default();
        let mut select =
            connection.prepare_cached("SELECT code, epoch FROM area WHERE epoch IS NOT NULL")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let area = AreaId::new(&row.get::<_, String>(0)?).map_err(unreadable)?;
            epochs.now.insert(area, EpochId(row.get(1)?));
        }
        let mut select = connection.prepare_cached(
            "SELECT ar.code, e.epoch, e.until FROM epoch e JOIN area ar ON ar.id = e.area \
             WHERE e.until IS NOT NULL",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let area = AreaId::new(&row.get::<_, String>(0)?).map_err(unreadable)?;
            let until: i64 = row.get(2)?;
            let key = (area, EpochId(row.get(1)?));
            epochs.shared.insert(key, until.cast_unsigned());
        }
        Ok(epochs)
    }

    /// Whether the writer of `said` held `other` when they began its segment. What an office copied
    /// says nothing of what the first writer held.
    pub fn covers(&self, said: &Said, other: &Said) -> bool {
        if said.entry.envelope.copy.is_some() {
            return false;
        }
        let seen = said.sealed.as_ref().and_then(|sealed| sealed.seen);
        let (Some(seen), Some(there)) = (seen, &other.sealed) else {
            return false;
        };
        let (Some(position), true) = (there.position, said.area == other.area) else {
            return false;
        };
        if self.now.get(&said.area) == Some(&seen.epoch) {
            return position <= seen.position;
        }
        match there.earlier {
            Some(earlier) if earlier.epoch == seen.epoch => earlier.position <= seen.position,
            _ => {
                let shared = self.shared.get(&(said.area.clone(), seen.epoch));
                shared.is_some_and(|until| position <= *until) && position <= seen.position
            }
        }
    }
}

/// Reads everything.
///
/// # Errors
/// The store's; bytes that do not read.
pub fn read(connection: &Connection, organisation: &PublicKey) -> Checked<Vec<Said>> {
    let writers = writers(connection, organisation)?;
    let segments = segments(connection)?;
    let mut select = connection.prepare_cached(
        "SELECT e.id, ar.code, d.kind, d.subject, e.author, e.counter, e.subject, e.value, e.segment \
         FROM entry e JOIN document d ON d.id = e.document JOIN area ar ON ar.id = d.area \
         ORDER BY e.id",
    )?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let code: String = row.get(1)?;
        let value: Vec<u8> = row.get(7)?;
        let writer = Rc::clone(known(&writers, row.get(4)?)?);
        let sealed: Option<i64> = row.get(8)?;
        let sealed = sealed
            .map(|id| known(&segments, id).map(Rc::clone))
            .transpose()?;
        let counter = row.get::<_, i64>(5)?.cast_unsigned();
        let subject = identity(&row.get::<_, Vec<u8>>(6)?)?;
        let entry = Entry::from_bytes(&value).map_err(unreadable)?;
        let person = entry.envelope.by.map_or(writer.person, Person::Named);
        let mut said = Said {
            row: row.get(0)?,
            area: AreaId::new(&code).map_err(unreadable)?,
            document: (row.get(2)?, identity(&row.get::<_, Vec<u8>>(3)?)?),
            counter,
            subject,
            content: Entry::content(&value, subject).map_err(unreadable)?,
            sealed,
            person,
            role: writer.role,
            identity: Identity::of_entry(writer.tag, counter),
            time: entry.envelope.time,
            standing: Standing::Counts,
            writer,
            entry,
        };
        if let Some(origin) = honoured_origin(&said) {
            said.identity = origin;
        }
        all.push(said);
    }
    act_for_others(&mut all);
    Ok(all)
}

/// What an office writes for somebody of the roster is done in that person's role.
fn act_for_others(all: &mut [Said]) {
    let declared = |all: &[Said], person| {
        all.iter()
            .filter(|word| word.writer.office && Person::Named(PersonId(word.subject)) == person)
            .filter_map(|word| match &word.entry.body {
                Body::PersonDeclared(declared) => Some((word.office_order(), declared.role)),
                _ => None,
            })
            .max_by_key(|(order, _)| *order)
            .and_then(|(_, role)| Role::from_code(role))
    };
    let roles: Vec<Role> = all
        .iter()
        .map(|said| match said.entry.envelope.by {
            Some(by) if said.writer.office => declared(all, Person::Named(by)),
            _ => None,
        })
        .zip(all.iter())
        .map(|(role, said)| role.unwrap_or(said.writer.role))
        .collect();
    for (said, role) in all.iter_mut().zip(roles) {
        said.role = role;
    }
}

/// The origin is believed from an office and from who goes on on the same device.
fn honoured_origin(said: &Said) -> Option<Identity> {
    let origin = said.entry.envelope.origin?;
    let of_own = |(tag, _)| said.writer.before.contains(&tag);
    let honoured = said.writer.office || origin.entry_parts().is_some_and(of_own);
    honoured.then_some(origin)
}

fn writers(
    connection: &Connection,
    organisation: &PublicKey,
) -> Checked<BTreeMap<i64, Rc<Writer>>> {
    let mut select = connection.prepare_cached("SELECT id, tag, proof FROM author")?;
    let mut rows = select.query([])?;
    let mut writers = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let tag = AuthorTag(row.get(1)?);
        let proof: Proof = minicbor::decode(&row.get::<_, Vec<u8>>(2)?).map_err(unreadable)?;
        let grant = proof.open(organisation).map_err(unreadable)?;
        let before = match &proof {
            Proof::Granted { .. } => Vec::new(),
            Proof::Succeeds { links, .. } => links.iter().map(|link| link.old.tag()).collect(),
        };
        let first = grant.persons.first();
        let writer = Writer {
            tag,
            role: grant.role,
            office: grant.office,
            person: first.map_or(Person::Holder(tag), |person| Person::Named(*person)),
            before,
        };
        writers.insert(row.get(0)?, Rc::new(writer));
    }
    Ok(writers)
}

fn segments(connection: &Connection) -> Checked<BTreeMap<i64, Rc<Sealed>>> {
    let mut select = connection
        .prepare_cached("SELECT id, bytes, position, received_at, shifts, earlier FROM segment")?;
    let mut rows = select.query([])?;
    let mut segments = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        let header = Segment::read_header(&bytes)
            .ok_or_else(|| unreadable("a segment without a header"))?
            .header;
        let received_at: Option<i64> = row.get(3)?;
        let shifts: Option<Vec<u8>> = row.get(4)?;
        let shifts: Vec<i64> = match shifts {
            Some(bytes) => minicbor::decode(&bytes).map_err(unreadable)?,
            None => Vec::new(),
        };
        let earlier: Option<Vec<u8>> = row.get(5)?;
        let earlier = earlier
            .map(|bytes| minicbor::decode(&bytes).map_err(unreadable))
            .transpose()?;
        let sealed = Sealed {
            n: header.n,
            position: row.get::<_, Option<i64>>(2)?.map(i64::cast_unsigned),
            earlier,
            seen: header.seen,
            boots: header.boots,
            arrival: received_at.map(|at| (at, shifts)),
        };
        segments.insert(row.get(0)?, Rc::new(sealed));
    }
    Ok(segments)
}

fn known<T>(of: &BTreeMap<i64, T>, id: i64) -> Checked<&T> {
    of.get(&id).ok_or_else(|| unreadable("a number of nothing"))
}

/// An identity from a column.
pub fn identity(bytes: &[u8]) -> Checked<Identity> {
    Identity::from_slice(bytes).ok_or_else(|| unreadable("no identity"))
}

fn unreadable(error: impl ToString) -> Broken {
    Broken::new(Promise::Failed, format!("naive: {}", error.to_string()))
}
