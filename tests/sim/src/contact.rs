//! A phone and the office over a wire, good or bad. What must hold afterwards is asked of
//! [`crate::watch`].

use doorstep_replica::sync::phone::{Exchange, Step};

use crate::broken::{Broken, Checked, Promise};
use crate::dice::Dice;
use crate::faults::Fault;
use crate::script::What;
use crate::watch;
use crate::world::World;

/// Round trips after which an exchange is said not to end.
const ROUND_TRIPS_MAX: usize = 80;

/// What a phone makes of a reply.
enum After {
    Send(Vec<u8>),
    Done,
    /// Its process died, or the message was no good.
    Ended,
}

/// A whole exchange over a good line.
///
/// # Errors
/// A broken promise.
pub fn talk(world: &mut World, phone: usize) -> Checked<()> {
    let mut line = Line::begin(world, phone)?;
    while let Some(request) = line.request.take() {
        let Some(reply) = line.office_answers(world, &request)? else {
            break;
        };
        line.phone_takes(world, &reply)?;
    }
    world.phones[phone].contacts += 1;
    // A death that has not come by now does not come while the simulator looks.
    world.phones[phone].site.machine.switch.reset();
    world.office.machine.switch.reset();
    watch::after_contact(world, phone)
}

/// An exchange in which this goes wrong once, and a good one after it.
///
/// # Errors
/// A broken promise.
pub fn talk_badly(world: &mut World, phone: usize, what: What, dice: &mut Dice) -> Checked<()> {
    let mut line = Line::begin(world, phone)?;
    let wrong_at = dice.below(3);
    let mut trips = 0;
    while let Some(request) = line.request.take() {
        if trips == wrong_at {
            spoil(world, &mut line, what, &request, dice)?;
            break;
        }
        trips += 1;
        let Some(reply) = line.office_answers(world, &request)? else {
            break;
        };
        line.phone_takes(world, &reply)?;
    }
    watch::after_contact(world, phone)?;
    if dice.one_in(2) {
        talk(world, phone)?;
    }
    Ok(())
}

fn spoil(
    world: &mut World,
    line: &mut Line,
    what: What,
    request: &[u8],
    dice: &mut Dice,
) -> Checked<()> {
    match what {
        What::LostRequest => world.faults.saw(Fault::LostRequest),
        What::LostReply => {
            world.faults.saw(Fault::LostReply);
            line.office_answers(world, request)?;
        }
        What::Duplicated => {
            world.faults.saw(Fault::Duplicated);
            let first = line.office_answers(world, request)?;
            let second = line.office_answers(world, request)?;
            for reply in [first, second].into_iter().flatten() {
                line.phone_takes(world, &reply)?;
                line.request = None;
            }
        }
        What::Reordered => {
            world.faults.saw(Fault::Reordered);
            // A new exchange runs while the first request, or its reply, is on its way.
            let early = match dice.one_in(2) {
                true => line.office_answers(world, request)?,
                false => None,
            };
            talk(world, line.phone)?;
            crate::taps::tap_some(world, line.phone, dice)?;
            let reply = match early {
                Some(reply) => Some(reply),
                None => line.office_answers(world, request)?,
            };
            if let Some(reply) = reply {
                line.phone_takes(world, &reply)?;
            }
        }
        What::Cut => {
            world.faults.saw(Fault::Cut);
            if let Some(reply) = line.office_answers(world, request)? {
                let kept = dice.below(reply.len());
                line.phone_takes_broken(world, &reply[..kept])?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// One exchange of one phone.
pub struct Line {
    phone: usize,
    exchange: Exchange,
    trips: usize,
    /// What the phone wants to send next.
    pub request: Option<Vec<u8>>,
}

impl Line {
    /// Begins an exchange.
    ///
    /// # Errors
    /// A broken promise.
    pub fn begin(world: &mut World, phone: usize) -> Checked<Self> {
        let mut line = Self {
            phone,
            exchange: Exchange::default(),
            trips: 0,
            request: None,
        };
        line.step(world, None)?;
        Ok(line)
    }

    /// The office's reply, unless it died. Its receipts are held against its disk.
    ///
    /// # Errors
    /// A broken promise.
    pub fn office_answers(&self, world: &mut World, request: &[u8]) -> Checked<Option<Vec<u8>>> {
        let requests = [request.to_vec()];
        let replies = world.office.call(|office| office.handle(&requests))?;
        let reply = replies.and_then(|replies| replies.into_iter().next());
        if let Some(reply) = &reply {
            watch::receipts(world, reply)?;
        }
        Ok(reply)
    }

    /// The phone takes a whole reply.
    ///
    /// # Errors
    /// A broken promise: no honest reply may be refused.
    pub fn phone_takes(&mut self, world: &mut World, reply: &[u8]) -> Checked<()> {
        self.step(world, Some(reply))
    }

    fn phone_takes_broken(&mut self, world: &mut World, reply: &[u8]) -> Checked<()> {
        let exchange = &mut self.exchange;
        let taken = world.phones[self.phone]
            .site
            .call(|replica| Ok(replica.sync_step(exchange, Some(reply)).is_ok()))?;
        match taken {
            Some(true) => Err(Broken::new(
                Promise::Failed,
                format!(
                    "{} bytes of a reply were taken for a whole one",
                    reply.len()
                ),
            )),
            _ => Ok(()),
        }
    }

    fn step(&mut self, world: &mut World, reply: Option<&[u8]>) -> Checked<()> {
        self.trips += 1;
        if self.trips > ROUND_TRIPS_MAX {
            return Err(Broken::new(Promise::Stuck, "an exchange does not end"));
        }
        self.request = match self.ask(world, reply)? {
            After::Send(request) => Some(request),
            After::Done | After::Ended => None,
        };
        Ok(())
    }

    fn ask(&mut self, world: &mut World, reply: Option<&[u8]>) -> Checked<After> {
        let exchange = &mut self.exchange;
        let step = world.phones[self.phone]
            .site
            .call(|replica| replica.sync_step(exchange, reply))?;
        Ok(match step {
            Some(Step::Send(request)) => After::Send(request),
            Some(Step::Done(summary)) => {
                world.phones[self.phone].limited = summary.limited;
                for (code, author, n) in summary.notices {
                    // Its proof is one that only the clerk can let in.
                    if code.starts_with("held.invitation") || code == "held.second_succession" {
                        world.phones[self.phone].doubtful = true;
                    }
                    world.say(format!("  notice {code} for {author} {n}"));
                }
                After::Done
            }
            None => After::Ended,
        })
    }
}
