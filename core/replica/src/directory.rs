//! Authors and areas by their small local numbers, and which documents lie below the horizon: a cache
//! over a few tables, dropped when a transaction is rolled back. Decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, PersonId};
use doorstep_model::keys::PublicKey;
use doorstep_model::role::Role;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Error, Result, StoreProblem};

/// An author as this replica knows it.
#[derive(Debug, Clone)]
pub(crate) struct Author {
    pub(crate) id: i64,
    pub(crate) tag: AuthorTag,
    pub(crate) key: PublicKey,
    pub(crate) role: Role,
    pub(crate) office: bool,
    /// Whose entries they are when they name nobody.
    pub(crate) person: PersonId,
    pub(crate) predecessor: Option<AuthorTag>,
    /// How many authors it succeeds, one after the other.
    pub(crate) succession: i64,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) proof: Vec<u8>,
}

/// The tables, as far as they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    authors: BTreeMap<i64, Author>,
    tags: BTreeMap<AuthorTag, i64>,
    areas: BTreeMap<AreaId, i64>,
    area_codes: BTreeMap<i64, AreaId>,
    grants: BTreeMap<i64, Arc<Grant>>,
    below: Below,
}

/// Which documents lie below the horizon.
#[derive(Debug, Default)]
enum Below {
    #[default]
    Unasked,
    /// No horizon was ever set.
    Nothing,
    /// By local number, as far as they were asked for.
    Documents(BTreeMap<i64, bool>),
}

const AUTHOR_COLUMNS: &str = "id, tag, public_key, role, office, person, predecessor, succession, \
                              revoked_at, proof";

impl Directory {
    /// Forgets everything: the transaction that it was read in may have been rolled back.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn author(&mut self, connection: &Connection, id: i64) -> Result<&Author> {
        if !self.authors.contains_key(&id) {
            let sql = format!("SELECT {AUTHOR_COLUMNS} FROM author WHERE id = ?1");
            let author = connection
                .prepare_cached(&sql)?
                .query_row([id], read_author)?;
            self.tags.insert(author.tag, id);
            self.authors.insert(id, author);
        }
        Ok(&self.authors[&id])
    }

    pub(crate) fn author_by_tag(
        &mut self,
        connection: &Connection,
        tag: AuthorTag,
    ) -> Result<Option<&Author>> {
        if let Some(id) = self.tags.get(&tag) {
            return Ok(self.authors.get(id));
        }
        let sql = format!("SELECT {AUTHOR_COLUMNS} FROM author WHERE tag = ?1");
        let mut select = connection.prepare_cached(&sql)?;
        let Some(author) = select.query_row([tag.as_bytes()], read_author).optional()? else {
            return Ok(None);
        };
        let id = author.id;
        self.tags.insert(tag, id);
        self.authors.insert(id, author);
        Ok(self.authors.get(&id))
    }

    /// What an author's proof grants, its signatures checked once; `None` when it is no grant of this
    /// organisation.
    pub(crate) fn grant(
        &mut self,
        author: &Author,
        organisation: &PublicKey,
    ) -> Option<Arc<Grant>> {
        if let Some(grant) = self.grants.get(&author.id) {
            return Some(Arc::clone(grant));
        }
        let proof: Proof = minicbor::decode(&author.proof).ok()?;
        let grant = Arc::new(proof.open(organisation).ok()?);
        self.grants.insert(author.id, Arc::clone(&grant));
        Some(grant)
    }

    /// Takes an author in, or replaces its proof by a newer grant of the same key.
    ///
    /// # Errors
    /// [`Error::Peer`] for a second key under a tag that is taken.
    pub(crate) fn admit_author(
        &mut self,
        connection: &Connection,
        proof: &Proof,
        grant: &Grant,
        proof_at: Option<i64>,
    ) -> Result<i64> {
        let key = proof.key();
        let predecessor = proof.predecessor().map(|key| key.tag());
        let succession = match predecessor {
            Some(tag) => {
                self.author_by_tag(connection, tag)?
                    .map_or(0, |old| old.succession)
                    + 1
            }
            None => 0,
        };
        let person = person_of(grant, key.tag());
        let id = connection
            .prepare_cached(
                "INSERT INTO author (tag, public_key, proof, role, office, person, predecessor, \
                 succession, proof_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                 ON CONFLICT (tag) DO UPDATE SET proof = excluded.proof, role = excluded.role, \
                 person = excluded.person WHERE public_key = excluded.public_key RETURNING id",
            )?
            .query_row(
                params![
                    key.tag().as_bytes(),
                    key.0,
                    minicbor::to_vec(proof).expect("a proof always encodes"),
                    grant.role.code(),
                    grant.office,
                    person.identity().as_bytes(),
                    predecessor.map(|tag| tag.0),
                    succession,
                    proof_at,
                ],
                |row| row.get(0),
            )
            .optional()?
            .ok_or_else(|| Error::Peer("a second key under one author tag".to_owned()))?;
        self.authors.remove(&id);
        self.grants.remove(&id);
        self.tags.remove(&key.tag());
        Ok(id)
    }

    /// Forgets one author, whose row was changed.
    pub(crate) fn forget_author(&mut self, id: i64) {
        self.grants.remove(&id);
        if let Some(author) = self.authors.remove(&id) {
            self.tags.remove(&author.tag);
        }
    }

    /// Whether an entry of `author` may stand for what `origin` names: an office author may copy and
    /// import, a device may repeat what its own earlier authors wrote.
    pub(crate) fn honours(
        &mut self,
        connection: &Connection,
        author: i64,
        origin: Identity,
    ) -> Result<bool> {
        let this = self.author(connection, author)?;
        if this.office {
            return Ok(true);
        }
        let Some((wanted, _)) = origin.entry_parts() else {
            return Ok(false);
        };
        let mut next = this.predecessor;
        let mut steps = 0;
        while let Some(tag) = next {
            if tag == wanted {
                return Ok(true);
            }
            steps += 1;
            next = match self.author_by_tag(connection, tag)? {
                Some(older) if steps < 1_000 => older.predecessor,
                _ => None,
            };
        }
        Ok(false)
    }

    /// Whether a document lies below the horizon: no row follows its entries.
    pub(crate) fn is_below(&mut self, connection: &Connection, document: i64) -> Result<bool> {
        if matches!(self.below, Below::Unasked) {
            let any = connection
                .prepare_cached("SELECT 1 FROM horizon LIMIT 1")?
                .exists([])?;
            self.below = match any {
                true => Below::Documents(BTreeMap::new()),
                false => Below::Nothing,
            };
        }
        let Below::Documents(known) = &mut self.below else {
            return Ok(false);
        };
        if let Some(below) = known.get(&document) {
            return Ok(*below);
        }
        let below = connection
            .prepare_cached(
                "SELECT 1 FROM document JOIN horizon ON horizon.building = document.subject \
                 AND horizon.round = document.round AND horizon.area = document.area \
                 WHERE document.id = ?1 AND document.kind = 2",
            )?
            .exists([document])?;
        known.insert(document, below);
        Ok(below)
    }

    /// Forgets which documents lie below the horizon: it was moved.
    pub(crate) fn forget_horizon(&mut self) {
        self.below = Below::Unasked;
    }

    /// The local number of an area, given one if it is new.
    pub(crate) fn area(&mut self, connection: &Connection, code: &AreaId) -> Result<i64> {
        if let Some(id) = self.areas.get(code) {
            return Ok(*id);
        }
        let id = connection
            .prepare_cached(
                "INSERT INTO area (code) VALUES (?1) \
                 ON CONFLICT (code) DO UPDATE SET code = excluded.code RETURNING id",
            )?
            .query_row([code.as_str()], |row| row.get(0))?;
        self.areas.insert(code.clone(), id);
        self.area_codes.insert(id, code.clone());
        Ok(id)
    }

    pub(crate) fn area_code(&mut self, connection: &Connection, id: i64) -> Result<AreaId> {
        if let Some(code) = self.area_codes.get(&id) {
            return Ok(code.clone());
        }
        let code: String = connection
            .prepare_cached("SELECT code FROM area WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?;
        let code = AreaId::new(&code).map_err(|e| Error::store(StoreProblem::Corrupt, e))?;
        self.areas.insert(code.clone(), id);
        self.area_codes.insert(id, code.clone());
        Ok(code)
    }
}

/// Who acts under a grant when an entry names nobody: its first person, else the author itself.
pub(crate) fn person_of(grant: &Grant, tag: AuthorTag) -> PersonId {
    grant
        .persons
        .first()
        .copied()
        .unwrap_or(PersonId(Identity::of_entry(tag, 0)))
}

fn read_author(row: &Row<'_>) -> rusqlite::Result<Author> {
    let tag: [u8; 4] = row.get(1)?;
    let person: Vec<u8> = row.get(5)?;
    let predecessor: Option<[u8; 4]> = row.get(6)?;
    let tag = AuthorTag(tag);
    Ok(Author {
        id: row.get(0)?,
        tag,
        key: PublicKey(row.get(2)?),
        role: Role::from_code(row.get(3)?).unwrap_or(Role::Auditor),
        office: row.get(4)?,
        person: PersonId(
            Identity::from_slice(&person).unwrap_or_else(|| Identity::of_entry(tag, 0)),
        ),
        predecessor: predecessor.map(AuthorTag),
        succession: row.get(7)?,
        revoked_at: row.get(8)?,
        proof: row.get(9)?,
    })
}
