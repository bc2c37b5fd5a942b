//! Two phones side by side, and what they then must hold. The pipe may break.

use doorstep_replica::sync::peer::PeerExchange;

use crate::broken::{Broken, Checked, Promise};
use crate::dice::Dice;
use crate::faults::Fault;
use crate::watch;
use crate::world::World;

/// Turns after which a conversation is said not to end.
const TURNS_MAX: usize = 200;

/// A phone meets another of its area.
///
/// # Errors
/// A broken promise.
pub fn meet(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let others: Vec<usize> = (0..world.phones.len())
        .filter(|at| {
            *at != phone
                && !world.phones[*at].lost
                && world.phones[*at].area == world.phones[phone].area
        })
        .collect();
    let Some(other) = dice.pick(&others) else {
        return Ok(());
    };
    world.say(format!("  with phone {other}"));
    world.faults.saw(Fault::Peer);
    let breaks_after = match dice.one_in(3) {
        true => dice.below(6),
        false => TURNS_MAX,
    };
    let mut exchanges = [PeerExchange::default(), PeerExchange::default()];
    let sides = [phone, other];
    let mut bytes: Option<Vec<u8>> = None;
    for turn in 0..TURNS_MAX {
        if turn == breaks_after {
            break;
        }
        if turn + 1 == TURNS_MAX {
            return Err(Broken::new(
                Promise::Stuck,
                "a conversation of two phones does not end",
            ));
        }
        let side = turn % 2;
        let exchange = &mut exchanges[side];
        let said = world.phones[sides[side]]
            .site
            .call(|replica| Ok(exchange.step(replica, bytes.as_deref())))?;
        bytes = match said {
            Some(Ok(Some(next))) => Some(next),
            Some(Ok(None)) | None => break,
            // Two phones of which one the other may not believe: nothing is taken.
            Some(Err(doorstep_replica::Error::Refused { code, .. })) => {
                world.say(format!("  refused: {code}"));
                break;
            }
            Some(Err(error)) => return Err(error.into()),
        };
    }
    watch::refresh_phone(world, phone)?;
    watch::refresh_phone(world, other)
}
