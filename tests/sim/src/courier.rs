//! A phone's work as a file: carried to the office at once, late, twice, or cut off on its way.

use doorstep_replica::Error;

use crate::broken::{Broken, Checked, Promise};
use crate::dice::Dice;
use crate::faults::Fault;
use crate::watch;
use crate::world::World;

/// A phone writes a file; one of the files that lie about reaches the office.
///
/// # Errors
/// A broken promise.
pub fn carry(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let written = world.phones[phone]
        .site
        .call(|replica| Ok(replica.export_bundle()))?;
    match written {
        Some(Ok(file)) => world.files.push(file),
        // Not enrolled, or of an office that the invitation gave no key of.
        Some(Err(Error::NotEnrolled)) | None => {}
        Some(Err(error)) => return Err(error.into()),
    }
    watch::refresh_phone(world, phone)?;
    if world.files.is_empty() {
        return Ok(());
    }
    world.faults.saw(Fault::Bundle);
    let at = dice.below(world.files.len());
    let file = world.files[at].clone();
    if dice.one_in(4) {
        cut_off(world, &file[..dice.below(file.len())])?;
    }
    let times = if dice.one_in(4) { 2 } else { 1 };
    for _ in 0..times {
        let taken = world.office.call(|office| office.take_bundle(&file))?;
        if let Some(taken) = taken {
            world.say(format!(
                "  a file of {}: {} received, {} aside, {} refused",
                taken.segments, taken.received, taken.aside, taken.refused
            ));
        }
    }
    if dice.one_in(2) {
        world.files.swap_remove(at);
    }
    watch::refresh_office(world)
}

fn cut_off(world: &mut World, part: &[u8]) -> Checked<()> {
    let taken = world.office.call(|office| Ok(office.take_bundle(part)))?;
    match taken {
        Some(Err(Error::Refused {
            code: "bundle.unreadable",
            ..
        })) => Ok(()),
        None => Ok(()),
        other => Err(Broken::new(
            Promise::Failed,
            format!("{} bytes of a file were {other:?}", part.len()),
        )),
    }
}
