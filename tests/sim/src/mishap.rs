//! What happens to machines: processes that die, phones that are lost, put back or copied, an office put
//! back from its backup, clocks that are wrong, invitations that are too old.

use crate::broken::Checked;
use crate::contact;
use crate::dice::Dice;
use crate::faults::Fault;
use crate::machine::Death;
use crate::taps;
use crate::watch;
use crate::world::{INVITED_HOURS, World};

const DAY: i64 = 86_400;

/// Seconds after which an invitation is too old.
const LATE: i64 = INVITED_HOURS as i64 * 3_600 + 60;

/// The app dies while somebody taps.
///
/// # Errors
/// A broken promise.
pub fn crash_at_tap(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let deaths = world.phones[phone].site.machine.switch.deaths();
    let death = match dice.below(3) {
        0 => Death::BeforeCommit(1 + dice.between(0, 2)),
        1 => Death::AfterCommit(1 + dice.between(0, 2)),
        _ => Death::AtTick(dice.between(1, 60)),
    };
    world.phones[phone].site.machine.switch.arm(death);
    for _ in 0..3 {
        taps::tap(world, phone, dice)?;
    }
    world.phones[phone].site.machine.switch.reset();
    if world.phones[phone].site.machine.switch.deaths() > deaths {
        world.faults.saw(Fault::CrashPhone);
    }
    if dice.one_in(2) {
        world.phones[phone].site.restart()?;
    }
    watch::refresh_phone(world, phone)
}

/// The app dies during an exchange.
///
/// # Errors
/// A broken promise.
pub fn crash_at_contact(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let deaths = world.phones[phone].site.machine.switch.deaths();
    let death = any_death(dice);
    world.phones[phone].site.machine.switch.arm(death);
    contact::talk(world, phone)?;
    if world.phones[phone].site.machine.switch.deaths() > deaths {
        world.faults.saw(Fault::CrashPhone);
    }
    Ok(())
}

/// The office dies while a phone talks to it.
///
/// # Errors
/// A broken promise.
pub fn crash_office(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    let deaths = world.office.machine.switch.deaths();
    let death = any_death(dice);
    world.office.machine.switch.arm(death);
    contact::talk(world, phone)?;
    if world.office.machine.switch.deaths() > deaths {
        world.faults.saw(Fault::CrashOffice);
    }
    Ok(())
}

fn any_death(dice: &mut Dice) -> Death {
    match dice.below(4) {
        0 => Death::BeforeCommit(1 + dice.between(0, 7)),
        1 => Death::AfterCommit(1 + dice.between(0, 7)),
        _ => Death::AtTick(dice.between(1, 400)),
    }
}

/// A phone's folder is put back from an older copy; its marker is not in copies.
///
/// # Errors
/// A broken promise.
pub fn restore_phone(world: &mut World, phone: usize) -> Checked<()> {
    // This one, or the next that has a backup.
    let count = world.phones.len();
    let restorable = (phone..phone + count).map(|at| at % count).find(|at| {
        let phone = &world.phones[*at];
        phone.site.backup.is_some() && !phone.lost
    });
    let Some(phone) = restorable else {
        return Ok(());
    };
    let site = &mut world.phones[phone].site;
    site.machine.change_marker();
    site.machine.clocks.reboot();
    site.put_back()?;
    world.phones[phone].doubtful = true;
    world.faults.saw(Fault::RestoredPhone);
    watch::phone_was_replaced(world, phone)
}

/// A phone's folder comes to be on a second phone too, with its marker or without.
///
/// # Errors
/// A broken promise.
pub fn clone_phone(
    world: &mut World,
    phone: usize,
    same_marker: bool,
    dice: &mut Dice,
) -> Checked<()> {
    world.faults.saw(match same_marker {
        true => Fault::ClonedMarkerCopied,
        false => Fault::ClonedNewMarker,
    });
    world.phones[phone].doubtful = true;
    let copy = world.phone_like(phone, same_marker)?;
    world.phones.push(copy);
    let at = world.phones.len() - 1;
    watch::phone_was_replaced(world, at)?;
    taps::tap_some(world, at, dice)?;
    taps::tap_some(world, phone, dice)
}

/// A phone is lost. Its person is given another, with an invitation of its own.
///
/// # Errors
/// A broken promise.
pub fn lose_phone(world: &mut World, phone: usize) -> Checked<()> {
    world.faults.saw(Fault::LostPhone);
    world.phones[phone].lost = true;
    watch::phone_was_replaced(world, phone)?;
    let area = world.phones[phone].area.clone();
    let persons = world.phones[phone].persons.clone();
    let new = world.enrol_phone(&area, Some(persons), 0)?;
    contact::talk(world, new)
}

/// The office is put back from its backup: with another marker as a clerk does it, or with the same as
/// the machine it runs in is rolled back.
///
/// # Errors
/// A broken promise.
pub fn restore_office(world: &mut World, with_new_marker: bool) -> Checked<()> {
    if world.office.backup.is_none() {
        return Ok(());
    }
    if with_new_marker {
        world.faults.saw(Fault::OfficeRestored);
        world.office.machine.change_marker();
    } else {
        world.faults.saw(Fault::OfficeRolledBack);
    }
    world.office.put_back()?;
    watch::office_was_put_back(world)
}

/// The office's clock is wrong while a phone talks to it, by minutes or by days.
///
/// # Errors
/// A broken promise.
pub fn office_clock(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    world.faults.saw(Fault::OfficeClock);
    let off = match dice.below(4) {
        0 => -dice.between(60, 600),
        1 => dice.between(60, 600),
        2 => -dice.between(DAY, 3 * DAY),
        _ => dice.between(2 * DAY, 5 * DAY),
    };
    world.office.machine.clocks.set_off(off);
    world.say(format!("  office clock off by {off}"));
    taps::tap_some(world, phone, dice)?;
    contact::talk(world, phone)?;
    world.office.machine.clocks.set_off(0);
    Ok(())
}

/// A phone starts again with a wrong wall clock, and keeps it until it starts another time.
///
/// # Errors
/// A broken promise.
pub fn phone_clock(world: &mut World, phone: usize, dice: &mut Dice) -> Checked<()> {
    world.faults.saw(Fault::PhoneClock);
    let off = match dice.below(4) {
        0 => dice.between(-100, 100),
        1 => dice.between(-7_200, 7_200),
        2 => -dice.between(DAY, 400 * DAY),
        _ => dice.between(DAY, 40 * DAY),
    };
    let site = &mut world.phones[phone].site;
    site.machine.clocks.set_off(off);
    site.machine.clocks.reboot();
    site.restart()?;
    world.say(format!("  phone clock off by {off}"));
    taps::tap_some(world, phone, dice)
}

/// Somebody comes with an invitation that was to be used yesterday.
///
/// # Errors
/// A broken promise.
pub fn late_invitation(world: &mut World, phone: usize) -> Checked<()> {
    world.faults.saw(Fault::LateInvitation);
    let area = world.phones[phone].area.clone();
    let new = world.enrol_phone(&area, None, LATE)?;
    world.phones[new].doubtful = true;
    contact::talk(world, new)
}
