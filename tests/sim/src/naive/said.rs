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

use super::order::OfficeOrder;
use crate::broken::{Broken, Checked, Promise};

/// Who wrote.
#[derive(Debug)]
pub struct Writer {
    /// Its tag.
    pub tag: AuthorTag,
    /// The role that its grant gives.
    pub role: Role,
    /// An office's own author.
    pub office: bool,
    /// Who acts when an entry names nobody: the first person of its grant, else itself.
    pub person: PersonId,
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
    /// When the office had it first, and the shift of each boot: from its place in the feed on, for a
    /// receipt before that moves nothing.
    pub arrival: Option<(i64, Vec<i64>)>,
}

/// One entry with everything that bears on it.
#[derive(Debug)]
pub struct Said {
    /// Where.
    pub area: AreaId,
    /// The building and the key of the round that it belongs to, if it is the work of one.
    pub round: Option<(Identity, Vec<u8>)>,
    /// By whom.
    pub writer: Rc<Writer>,
    /// Number among its author's.
    pub counter: u64,
    /// About what.
    pub subject: Identity,
    /// What.
    pub entry: Entry,
    /// Its bytes.
    pub value: Vec<u8>,
    /// In which segment; none while it is pending.
    pub sealed: Option<Rc<Sealed>>,
    /// Who acted.
    pub person: PersonId,
    /// What they may do.
    pub role: Role,
    /// What it is called.
    pub identity: Identity,
    /// When, as far as everybody agrees.
    pub time: i64,
    /// What the office lets it count as.
    pub standing: Standing,
    /// What the store holds of the last three, to be compared and for nothing else.
    pub stored: Stored,
}

/// What a store came to about an entry.
#[derive(Debug)]
pub struct Stored {
    /// Its honoured origin.
    pub origin: Option<Identity>,
    /// Its effective time.
    pub time: i64,
    /// 0 counts, 1 held, 2 out.
    pub standing: i64,
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

    /// Its bytes' meaning without who and when.
    pub fn content(&self) -> Option<[u8; 32]> {
        Entry::content(&self.value, self.subject).ok()
    }
}

/// The epoch in which each area's feed stands now.
#[derive(Debug, Default)]
pub struct Epochs(BTreeMap<AreaId, EpochId>);

impl Epochs {
    /// Reads them.
    ///
    /// # Errors
    /// The store's.
    pub fn read(connection: &Connection) -> Checked<Self> {
        let mut epochs = BTreeMap::new();
        let mut select =
            connection.prepare_cached("SELECT code, epoch FROM area WHERE epoch IS NOT NULL")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let area = AreaId::new(&row.get::<_, String>(0)?).map_err(unreadable)?;
            epochs.insert(area, EpochId(row.get(1)?));
        }
        Ok(Self(epochs))
    }

    /// Whether the writer of `said` held `other` when they began its segment: by the place where that
    /// stands, or by the one in an earlier epoch that it brought along. What an office copied says
    /// nothing of what the first writer held.
    pub fn covers(&self, said: &Said, other: &Said) -> bool {
        if said.entry.envelope.copy.is_some() || said.area != other.area {
            return false;
        }
        let seen = said.sealed.as_ref().and_then(|sealed| sealed.seen);
        let (Some(seen), Some(there)) = (seen, &other.sealed) else {
            return false;
        };
        let stands = there.position.is_some_and(|position| {
            self.0.get(&said.area) == Some(&seen.epoch) && position <= seen.position
        });
        let stood = there.earlier.is_some_and(|earlier| {
            earlier.epoch == seen.epoch && earlier.position <= seen.position
        });
        stands || stood
    }
}

/// Writers by the proof that they showed: a proof never says anything else.
pub type Writers = BTreeMap<Vec<u8>, Rc<Writer>>;

/// Reads everything. `shown`: writers that were read before.
///
/// # Errors
/// The store's; bytes that do not read.
pub fn read(
    connection: &Connection,
    organisation: &PublicKey,
    shown: &mut Writers,
) -> Checked<Vec<Said>> {
    let writers = writers(connection, organisation, shown)?;
    let segments = segments(connection)?;
    let mut select = connection.prepare_cached(
        "SELECT ar.code, d.subject, d.round, e.author, e.counter, e.subject, e.value, e.segment, \
         e.origin, e.time, e.standing \
         FROM entry e JOIN document d ON d.id = e.document JOIN area ar ON ar.id = d.area",
    )?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        let round: Option<Vec<u8>> = row.get(2)?;
        let building = identity(&row.get::<_, Vec<u8>>(1)?)?;
        let value: Vec<u8> = row.get(6)?;
        let writer = Rc::clone(known(&writers, row.get(3)?)?);
        let sealed: Option<i64> = row.get(7)?;
        let counter = row.get::<_, i64>(4)?.cast_unsigned();
        let entry = Entry::from_bytes(&value).map_err(unreadable)?;
        let origin: Option<Vec<u8>> = row.get(8)?;
        let mut said = Said {
            area: AreaId::new(&code).map_err(unreadable)?,
            round: round.map(|round| (building, round)),
            counter,
            subject: identity(&row.get::<_, Vec<u8>>(5)?)?,
            value,
            sealed: sealed
                .map(|id| known(&segments, id).map(Rc::clone))
                .transpose()?,
            person: entry.envelope.by.unwrap_or(writer.person),
            role: writer.role,
            identity: Identity::of_entry(writer.tag, counter),
            time: entry.envelope.time,
            standing: Standing::Counts,
            stored: Stored {
                origin: origin.as_deref().map(identity).transpose()?,
                time: row.get(9)?,
                standing: row.get(10)?,
            },
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
    let mut declared: BTreeMap<PersonId, (OfficeOrder, u8)> = BTreeMap::new();
    for word in all.iter().filter(|word| word.writer.office) {
        if let Body::PersonDeclared(person) = &word.entry.body {
            let subject = PersonId(word.subject);
            let word = (word.office_order(), person.role);
            let last = declared.entry(subject).or_insert(word);
            *last = word.max(*last);
        }
    }
    for said in all.iter_mut().filter(|said| said.writer.office) {
        let role = declared.get(&said.person).map(|(_, role)| *role);
        said.role = role.and_then(Role::from_code).unwrap_or(said.role);
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
    shown: &mut Writers,
) -> Checked<BTreeMap<i64, Rc<Writer>>> {
    let mut select = connection.prepare_cached("SELECT id, tag, proof FROM author")?;
    let mut rows = select.query([])?;
    let mut writers = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (tag, proof) = (AuthorTag(row.get(1)?), row.get::<_, Vec<u8>>(2)?);
        let writer = match shown.get(&proof) {
            Some(writer) if writer.tag == tag => Rc::clone(writer),
            _ => Rc::new(writer(tag, &proof, organisation)?),
        };
        shown.insert(proof, Rc::clone(&writer));
        writers.insert(row.get(0)?, writer);
    }
    Ok(writers)
}

fn writer(tag: AuthorTag, proof: &[u8], organisation: &PublicKey) -> Checked<Writer> {
    let proof: Proof = minicbor::decode(proof).map_err(unreadable)?;
    let grant = proof.open(organisation).map_err(unreadable)?;
    let before = match &proof {
        Proof::Granted { .. } => Vec::new(),
        Proof::Succeeds { links, .. } => links.iter().map(|link| link.old.tag()).collect(),
    };
    let itself = PersonId(Identity::of_entry(tag, 0));
    Ok(Writer {
        tag,
        role: grant.role,
        office: grant.office,
        person: grant.persons.first().copied().unwrap_or(itself),
        before,
    })
}

fn segments(connection: &Connection) -> Checked<BTreeMap<i64, Rc<Sealed>>> {
    let mut select = connection.prepare_cached(
        "SELECT id, bytes, position, CASE WHEN position IS NULL AND was IS NULL THEN NULL \
             ELSE received_at END, shifts, earlier FROM segment",
    )?;
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
