//! What a phone does with one segment that the feed has: whose it is, what must give way to it. The
//! feed wins over what is here; whether a cursor covers it was checked before.

use doorstep_model::grant::Proof;
use doorstep_model::ids::SegmentHash;
use doorstep_model::segment::{MAJOR, Segment, SegmentHeader};
use doorstep_model::vet::VetError;

use crate::directory::Author;
use crate::error::{Error, Result};
use crate::ingest::{self, Standing, VettedSegment};
use crate::meta::{self, Key};
use crate::replica::Session;
use crate::sync::succession;

/// Takes a segment that the feed has. A replica whose own vetting disagrees with it stores the segment
/// opaque and obeys.
pub(crate) fn take_item(session: &mut Session<'_>, bytes: &[u8], at: &Standing<'_>) -> Result<()> {
    let segment = Segment::read(bytes)
        .ok()
        .or_else(|| Segment::read_header(bytes))
        .ok_or_else(|| Error::Peer("a feed item without a readable header".into()))?;
    let header = &segment.header;
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let author = author_of(session, header)?;
    if let Some(row) = make_room(session, header, segment.hash(), &author)? {
        return ingest::place(session, row, at);
    }
    let vetted = if header.version == MAJOR && !ingest::is_opaque(session.tx(), area, author.id)? {
        vet(session, &author, &segment)?.unwrap_or_else(|_| VettedSegment::opaque())
    } else {
        VettedSegment::opaque()
    };
    ingest::admit(session, &author, &segment, &vetted, Some(at))?;
    Ok(())
}

/// Vets a feed's segment; where its author gave a number of it to something that only peers have shown,
/// that goes aside.
fn vet(
    session: &mut Session<'_>,
    author: &Author,
    segment: &Segment<'_>,
) -> Result<std::result::Result<VettedSegment, VetError>> {
    let vetted = ingest::vet_new(session, author, segment)?;
    if !matches!(vetted, Err(VetError::CounterUsed)) {
        return Ok(vetted);
    }
    ingest::withdraw_clashing(session, author, segment, "chain.losing_branch")?;
    ingest::vet_new(session, author, segment)
}

/// Takes out what stands where the feed has this segment. Returns the segment's row if it is here
/// already.
pub(crate) fn make_room(
    session: &mut Session<'_>,
    header: &SegmentHeader,
    hash: SegmentHash,
    author: &Author,
) -> Result<Option<i64>> {
    let area = session.door.directory.area(session.door.tx, &header.area)?;
    let mine = session.me.as_ref().is_some_and(|me| me.author == author.id);
    match ingest::find(session.tx(), area, author.id, header.n)? {
        Some((row, here, _)) if here == hash => return Ok(Some(row)),
        // Another device writes with this key: ours goes on as a new author.
        Some(_) if mine => succession::set_aside(session)?,
        Some(_) => {
            let code = "chain.losing_branch";
            ingest::withdraw(session, &header.area, author.id, header.n, code)?;
        }
        None if mine => meta::set(session.tx(), Key::MustSucceed, b"cloned")?,
        None => {}
    }
    Ok(None)
}

/// The author of a feed item, taken in from its first segment. The feed is trusted: its cursor is
/// under the office's signature.
pub(crate) fn author_of(session: &mut Session<'_>, header: &SegmentHeader) -> Result<Author> {
    if let Some(proof) = &header.proof
        && proof.key().tag() == header.author
        && let Ok(grant) = proof.open(&session.organisation()?)
    {
        give_way(session, proof)?;
        session
            .door
            .directory
            .admit_author(session.door.tx, proof, &grant, None)?;
    }
    session
        .door
        .directory
        .author_by_tag(session.door.tx, header.author)?
        .cloned()
        .ok_or_else(|| Error::Peer("a feed item of an author who never showed a proof".into()))
}

/// An author that only a peer ever showed gives way when the feed has another key under its tag: what
/// it wrote goes aside.
fn give_way(session: &mut Session<'_>, proof: &Proof) -> Result<()> {
    let tag = proof.key().tag();
    let known = session.door.directory.author_by_tag(session.door.tx, tag)?;
    let Some(id) = known
        .filter(|known| known.key != proof.key())
        .map(|known| known.id)
    else {
        return Ok(());
    };
    let areas: Vec<(i64, bool)> = {
        let mut select = session.door.tx.prepare_cached(
            "SELECT area, max(received_at IS NOT NULL) FROM segment WHERE author = ?1 GROUP BY area",
        )?;
        select
            .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?
    };
    if areas.iter().any(|(_, received)| *received) {
        return Ok(());
    }
    for (area, _) in areas {
        let code = session.door.directory.area_code(session.door.tx, area)?;
        ingest::withdraw(session, &code, id, 1, "chain.losing_branch")?;
    }
    for sql in [
        "DELETE FROM chain WHERE author = ?1",
        "DELETE FROM author WHERE id = ?1",
    ] {
        session.tx().prepare_cached(sql)?.execute([id])?;
    }
    session.door.directory.forget_author(id);
    Ok(())
}
