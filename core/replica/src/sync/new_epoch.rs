//! An office that lost something: how it notices, and the new epoch and author with which it goes on.
//! What a phone makes of that is `epoch`'s.

use doorstep_model::feed::{EpochStatement, FeedHash, Signed, Statement, trail_positions};
use doorstep_model::grant::{Grant, Proof};
use doorstep_model::ids::{AreaId, EpochId, OrganisationId};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;
use doorstep_model::wire::StatementProof;
use rusqlite::{OptionalExtension, params};

use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::replica::{Me, Session};
use crate::seal;
use crate::store::sql_u64;
use crate::sync::epoch;
use crate::sync::feed::{self, Feed};
use crate::sync::take::place_own;

/// How long an office's own grant holds, seconds: as good as for ever; a new office author starts
/// with every epoch.
const OFFICE_TERM: i64 = 100 * 366 * 86_400;

/// The signed word about the epoch that an area is in now.
pub(crate) fn epoch_statement(session: &mut Session<'_>, feed: &Feed) -> Result<Signed> {
    let stored: Option<Option<Vec<u8>>> = session
        .tx()
        .prepare_cached("SELECT epoch_said FROM area WHERE id = ?1")?
        .query_row([feed.area], |row| row.get(0))
        .optional()?;
    stored
        .flatten()
        .map(Signed)
        .ok_or_else(|| Error::store(StoreProblem::Corrupt, "an epoch without its statement"))
}

/// An office's own signature under a cursor that this office cannot confirm proves that it has lost
/// something: a new epoch starts. No phone can cause that by itself.
pub(crate) fn learn_loss(
    session: &mut Session<'_>,
    area: &AreaId,
    proof: &StatementProof,
) -> Result<()> {
    let Some(statement) = open_statement(session, proof)? else {
        return Ok(());
    };
    let Some(said) = statement.areas.iter().find(|said| said.area == *area) else {
        return Ok(());
    };
    let id = session.door.directory.area(session.door.tx, area)?;
    let feed = feed::read(session.tx(), id)?;
    let Some(current) = feed.cursor else {
        return Ok(());
    };
    let confirmed = said.cursor.epoch == current.epoch
        && feed::hash_at(session.tx(), id, said.cursor.position)? == Some(said.cursor.hash);
    let known_epoch = said.cursor.epoch == current.epoch
        || session
            .tx()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM epoch WHERE area = ?1 AND epoch = ?2)")?
            .query_row(params![id, said.cursor.epoch.0], |row| row.get(0))?;
    if confirmed || (known_epoch && said.cursor.epoch != current.epoch) {
        return Ok(());
    }
    session
        .tx()
        .prepare_cached("INSERT INTO epoch (area, epoch) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![id, said.cursor.epoch.0])?;
    new_epochs(session)
}

/// A statement signed by an office author of this organisation; `None` for anything else.
pub(crate) fn open_statement(
    session: &Session<'_>,
    proof: &StatementProof,
) -> Result<Option<Statement>> {
    let organisation = session.organisation()?;
    let office = proof
        .office
        .open(&organisation)
        .is_ok_and(|grant| grant.office);
    if !office {
        return Ok(None);
    }
    Ok(proof
        .statement
        .open::<Statement>(&proof.office.key())
        .ok()
        .filter(|statement| {
            statement.organisation == OrganisationId::of_key(&organisation.0)
                && statement.office == proof.office.key().tag()
        }))
}

/// Starts a new epoch in every area, with a new office author.
pub(crate) fn new_epochs(session: &mut Session<'_>) -> Result<()> {
    new_office_author(session, session.now)?;
    let me = session.me()?.clone();
    let areas: Vec<(i64, String)> = {
        let mut select = session
            .door
            .tx
            .prepare_cached("SELECT id, code FROM area WHERE epoch IS NOT NULL ORDER BY code")?;
        select
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?
    };
    for (id, code) in areas {
        let code = AreaId::new(&code).map_err(|e| Error::store(StoreProblem::Corrupt, e))?;
        new_epoch(session, &me, id, &code)?;
    }
    // They lead into the epoch before.
    session
        .tx()
        .execute_batch("DELETE FROM baseline; DELETE FROM baseline_piece")?;
    meta::set(session.tx(), Key::Unconfirmed, b"1")?;
    meta::set(
        session.tx(),
        Key::InvitationsVoidBefore,
        &session.now.to_be_bytes(),
    )?;
    meta::remove(session.tx(), Key::MustSucceed)
}

fn new_epoch(session: &mut Session<'_>, me: &Me, area: i64, code: &AreaId) -> Result<()> {
    let Some(old) = feed::read(session.tx(), area)?.cursor else {
        return Ok(());
    };
    let mut named = [0; 8];
    named.copy_from_slice(&session.random16()[..8]);
    session
        .tx()
        .prepare_cached(
            "INSERT INTO epoch (area, epoch, until) VALUES (?1, ?2, ?3) \
             ON CONFLICT (area, epoch) DO UPDATE SET until = excluded.until",
        )?
        .execute(params![area, old.epoch.0, sql_u64(old.position)])?;
    let replaces: Vec<EpochId> = {
        let mut select = session
            .door
            .tx
            .prepare_cached("SELECT epoch FROM epoch WHERE area = ?1 ORDER BY epoch")?;
        select
            .query_map([area], |row| row.get::<_, [u8; 8]>(0).map(EpochId))?
            .collect::<rusqlite::Result<_>>()?
    };
    let trail = trail_positions(old.position)
        .into_iter()
        .filter_map(
            |position| match feed::hash_at(session.tx(), area, position) {
                Ok(Some(hash)) => Some(Ok((position, hash))),
                Ok(None) => None,
                Err(error) => Some(Err(error)),
            },
        )
        .collect::<Result<Vec<(u64, FeedHash)>>>()?;
    let statement = EpochStatement {
        organisation: session.organisation_id()?,
        office: me.tag,
        area: code.clone(),
        epoch: EpochId(named),
        replaces,
        continues: (old.position, old.hash),
        trail,
        at: session.now,
    };
    let signed = Signed::new(&statement, &me.key);
    session
        .tx()
        .prepare_cached("UPDATE area SET epoch = ?2, epoch_said = ?3 WHERE id = ?1")?
        .execute(params![area, named, signed.0])?;
    epoch::touch_cases(session, area)?;
    let row = seal::seal_proof(session, code)?;
    place_own(session, row)
}

/// Makes this office's next author, under the organisation's key.
pub(crate) fn new_office_author(session: &mut Session<'_>, now: i64) -> Result<()> {
    let secret =
        meta::get_array::<32>(session.tx(), Key::OrganisationSecret)?.ok_or(Error::NotEnrolled)?;
    let organisation = KeyPair::from_secret(&secret);
    let key = loop {
        let key = KeyPair::generate(session.rng);
        let tag = key.public().tag();
        if session
            .door
            .directory
            .author_by_tag(session.door.tx, tag)?
            .is_none()
        {
            break key;
        }
    };
    let proof = match session.me.as_ref() {
        Some(old) => old.proof.handed_on(&old.key, &key.public()),
        None => {
            let grant = Grant {
                id: session.random16(),
                organisation: OrganisationId::of_key(&organisation.public().0),
                author: Some(key.public()),
                area: AreaId::organisation(),
                role: Role::Street,
                persons: Vec::new(),
                not_before: 0,
                expires: now + OFFICE_TERM,
                labels: None,
                use_until: None,
                office: true,
            };
            Proof::Granted {
                key: key.public(),
                grant: grant.sign(&organisation),
            }
        }
    };
    let opened = proof
        .open(&organisation.public())
        .map_err(|error| Error::store(StoreProblem::Corrupt, error))?;
    let author =
        session
            .door
            .directory
            .admit_author(session.door.tx, &proof, &opened, Some(now))?;
    meta::set(session.tx(), Key::OwnSecret, &key.secret())?;
    let me = Me {
        author,
        tag: key.public().tag(),
        key,
        grant: opened,
        proof,
    };
    session.become_author(me);
    Ok(())
}
