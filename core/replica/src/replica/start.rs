//! What a process reads or makes when it opens a replica: who writes here, its boot, its counter. What
//! opening has to do with the file is the store's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorstep_model::grant::Proof;
use doorstep_model::ids::BootId;
use doorstep_model::keys::{KeyPair, PublicKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use rusqlite::{Connection, OptionalExtension};

use super::{Me, Options, OwnBoot, State};
use crate::directory::Directory;
use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::store::counter;

/// Reads or makes what a process needs to know at its start, and notices a copied folder.
pub(super) fn start(tx: &Connection, options: &Options, rng: &mut ChaCha20Rng) -> Result<State> {
    let organisation = meta::get_array::<32>(tx, Key::Organisation)?.map(PublicKey);
    let mut directory = Directory::default();
    let me = match (meta::get_array::<32>(tx, Key::OwnSecret)?, &organisation) {
        (Some(secret), Some(organisation)) => Some(read_me(
            tx,
            &mut directory,
            &KeyPair::from_secret(&secret),
            organisation,
        )?),
        _ => None,
    };
    match meta::get(tx, Key::Marker)? {
        None => meta::set(tx, Key::Marker, &options.marker)?,
        Some(marker) if marker == options.marker => {}
        Some(_) => {
            meta::set(tx, Key::Marker, &options.marker)?;
            if me.is_some() {
                meta::set(tx, Key::MustSucceed, b"restored")?;
            }
        }
    }
    // The counter jumps at every opening, so that two clones never give one id to two things.
    let floor = meta::get_array::<8>(tx, Key::Counter)?.map_or(0, u64::from_be_bytes);
    let used: Option<i64> = match &me {
        Some(me) => tx
            .query_row(
                "SELECT max(counter) FROM entry WHERE author = ?1",
                [me.author],
                |row| row.get(0),
            )
            .optional()?
            .flatten(),
        None => None,
    };
    let jump = 1 + u64::from(rng.next_u32());
    let counter = floor.max(used.map_or(0, counter)) + jump;
    meta::set(tx, Key::Counter, &counter.to_be_bytes())?;
    Ok(State {
        directory,
        me: me.map(Arc::new),
        organisation,
        rng: ChaCha20Rng::from_seed([0; 32]),
        counter,
        boot: boot(tx, options, rng)?,
        opened: BTreeMap::new(),
        seen: BTreeSet::new(),
        boot_recorded: false,
    })
}

/// The boot of this process: that of the last one while the operating system has not been started
/// anew since, else a new one.
fn boot(tx: &Connection, options: &Options, rng: &mut ChaCha20Rng) -> Result<OwnBoot> {
    let system = options.clock.boot();
    let anchor = options.clock.wall() - options.clock.monotonic();
    if let Some(kept) = meta::get_array::<32>(tx, Key::Boot)? {
        let kept = KeptBoot::read(&kept);
        let goes_on = match system {
            Some(system) => kept.system == system,
            None => kept.system == NAMELESS && kept.boot.anchor.abs_diff(anchor) <= ONE_BOOT,
        };
        if goes_on {
            return Ok(kept.boot);
        }
    }
    let mut id = [0; 8];
    rng.fill_bytes(&mut id);
    let boot = OwnBoot {
        id: BootId(id),
        anchor,
    };
    let system = system.unwrap_or(NAMELESS);
    meta::set(tx, Key::Boot, &KeptBoot { system, boot }.bytes())?;
    Ok(boot)
}

/// Stands for the name of a boot where the operating system (Apple's) gives none. There a boot goes on
/// as long as wall and monotonic clock have kept their distance: one that is started anew has moved it by
/// all the time since the last start.
const NAMELESS: [u8; 16] = [0; 16];

/// Seconds that the distance may drift within one boot; nothing starts anew as fast.
const ONE_BOOT: u64 = 10;

/// The last boot as the replica keeps it.
struct KeptBoot {
    system: [u8; 16],
    boot: OwnBoot,
}

impl KeptBoot {
    fn read(bytes: &[u8; 32]) -> Self {
        let (mut system, mut id, mut anchor) = (NAMELESS, [0; 8], [0; 8]);
        system.copy_from_slice(&bytes[..16]);
        id.copy_from_slice(&bytes[16..24]);
        anchor.copy_from_slice(&bytes[24..]);
        Self {
            system,
            boot: OwnBoot {
                id: BootId(id),
                anchor: i64::from_be_bytes(anchor),
            },
        }
    }

    fn bytes(&self) -> Vec<u8> {
        [
            &self.system[..],
            &self.boot.id.0,
            &self.boot.anchor.to_be_bytes(),
        ]
        .concat()
    }
}

/// This replica's author, read from its row.
fn read_me(
    tx: &Connection,
    directory: &mut Directory,
    key: &KeyPair,
    organisation: &PublicKey,
) -> Result<Me> {
    let tag = key.public().tag();
    let corrupt = |what: &str| Error::store(StoreProblem::Corrupt, what);
    let author = directory
        .author_by_tag(tx, tag)?
        .ok_or_else(|| corrupt("the own author is not in its table"))?;
    let proof: Proof =
        minicbor::decode(&author.proof).map_err(|_| corrupt("the own proof does not decode"))?;
    let grant = proof
        .open(organisation)
        .map_err(|e| Error::store(StoreProblem::Corrupt, e))?;
    Ok(Me {
        author: author.id,
        tag,
        key: key.clone(),
        grant,
        proof,
    })
}
