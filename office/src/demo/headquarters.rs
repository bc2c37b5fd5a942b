//! The office of the demo: a real one in its folder with its server on loopback, behind a link that
//! cuts. It registers the street, prepares the month and invites the phones; nothing else about them
//! is known here.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use doorstep_model::entry::{HandoutBatch, HandoutManner, Mark, RoundPlanned};
use doorstep_model::ids::{AreaId, PersonId};
use doorstep_model::role::Role;
use doorstep_replica::act::Tap;
use doorstep_replica::act::office::{ImportRow, Invite};
use doorstep_replica::sync::office::Office;
use doorstep_replica::{Clock, Options};

use super::DemoError;
use super::almanac::{Almanac, DAY, HOUR, TODAY, at, month};
use super::clock::HeldClock;
use super::crew::Post;
use super::dice::seed_of;
use super::ledger::Ledger;
use super::link::CuttingProxy;
use super::meter::Meter;
use super::month::{BOTTLE, Prepared};
use super::town::{Clerks, Committee, Town};
use super::weather::Weather;
use crate::bureau::Bureau;
use crate::desk::OfficeDesk;
use crate::serve::{Limits, Listen, Server};

/// How long a grant of the demo lets a phone work.
const TERM: i64 = 365 * DAY;

/// Rows of one call of the import.
const SLICE: usize = 2_000;

/// The office with its clock.
pub(super) struct Headquarters {
    bureau: Arc<Bureau>,
    /// What time the office believes it is.
    pub(super) clock: Arc<HeldClock>,
    taps: Ledger,
}

/// The office as phones reach it.
pub(super) struct Reachable {
    /// The server behind.
    pub(super) server: Server,
    /// The link that cuts.
    pub(super) link: CuttingProxy,
}

impl Headquarters {
    /// A new office, hours before the phones come.
    ///
    /// # Errors
    /// The folder's and the store's.
    pub(super) fn found(folder: &Path, seed: u64, almanac: Almanac) -> Result<Self, DemoError> {
        let clock = HeldClock::new(almanac.opening() - 2 * HOUR, 0, [0; 16]);
        let bureau = Bureau::create_with(folder, "老西门街道(演示)", |options| Options {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            seed: Some(seed_of(seed, "office", 0)),
            ..options
        })?;
        Ok(Self {
            bureau: Arc::new(bureau),
            clock,
            taps: Ledger::of("office"),
        })
    }

    /// The replica of the office.
    pub(super) fn office(&self) -> &Office {
        self.bureau.office()
    }

    /// A person of the roster.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn person(&self, name: &str, role: Role) -> Result<PersonId, DemoError> {
        Ok(self.bureau.person(name, role)?.0.person)
    }

    /// The people who settled the cases of former years.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn clerks(&self) -> Result<Clerks, DemoError> {
        Ok(Clerks {
            fixer: self.person("演示经办人", Role::Street)?,
            checker: self.person("演示复查人", Role::Street)?,
        })
    }

    /// Takes the street in.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn register(&self, town: &Town, meter: &Meter) -> Result<(), DemoError> {
        let rows: Vec<ImportRow> = town.areas.iter().chain(&town.rows).cloned().collect();
        meter.stage("登记街道 Registering the street", rows.len() as u64);
        for rows in rows.chunks(SLICE) {
            let mut told = 0;
            self.office().import(rows, |through| {
                meter.step(through - told);
                told = through;
            })?;
        }
        Ok(())
    }

    /// Plans the month's round of a committee, with its list frozen, and a batch to hand out.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn prepare(
        &mut self,
        committee: &Committee,
        almanac: Almanac,
    ) -> Result<Prepared, DemoError> {
        let round = RoundPlanned {
            name: "2026年11月逐户检查".to_owned(),
            from: almanac.first(),
            to: TODAY,
            checklist: None,
            campaign: None,
        };
        let buildings: Vec<_> = committee
            .buildings
            .iter()
            .map(|building| (building.id, None))
            .collect();
        let tap = self.tap();
        let plan = self
            .office()
            .plan_round(&tap, &committee.area, round, &buildings)?;
        let batch = HandoutBatch {
            item: BOTTLE.to_owned(),
            size: Some("2kg".to_owned()),
            manner: HandoutManner::New,
            day: almanac.first(),
            project: Some("2026年演示发放".to_owned()),
            maker: None,
            factory: Some(month(2026, 9)),
        };
        let tap = self.tap();
        let batch = self.office().start_handout(&tap, &committee.area, batch)?;
        Ok(Prepared { plan, batch })
    }

    /// Closes the month's round of a committee, with what has arrived by now.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn close(&mut self, prepared: Prepared) -> Result<(), DemoError> {
        let tap = self.tap();
        self.office().close_round(&tap, prepared.plan)?;
        Ok(())
    }

    fn tap(&mut self) -> Tap {
        self.taps.tap().marked(Mark::Generated)
    }

    /// Opens the server, and the link before it.
    ///
    /// # Errors
    /// When the system gives no port.
    pub(super) fn open_doors(&self, seed: u64) -> Result<Reachable, DemoError> {
        let listen = Listen {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            key: None,
            page: true,
        };
        let desk = Arc::new(OfficeDesk::new(Arc::clone(&self.bureau)));
        let server = Server::start(desk, &[listen], Limits::default())?;
        let address = server.addresses().first().copied();
        let address = address.ok_or_else(|| DemoError::Link("no address".to_owned()))?;
        let link = CuttingProxy::start(address, Weather::stairwell(seed))
            .map_err(|error| DemoError::Link(error.to_string()))?;
        Ok(Reachable { server, link })
    }

    /// The invitation of a post.
    ///
    /// # Errors
    /// What the office says.
    pub(super) fn invite(
        &mut self,
        post: &Post,
        persons: &[PersonId],
        doors: &Reachable,
    ) -> Result<String, DemoError> {
        let tap = self.tap();
        let invite = Invite {
            area: post.area.clone(),
            role: post.role,
            persons: persons.to_vec(),
            hours: 24,
            work_until: self.clock.now() + TERM,
            addresses: vec![format!("http://{}", doors.link.address())],
            transport_key: None,
        };
        Ok(self.office().invite(&tap, invite)?)
    }

    /// Every area that the office holds, the organisation's own too.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn areas(&self) -> Result<Vec<AreaId>, DemoError> {
        super::areas_of(self.office().replica())
    }

    /// It is the evening of this day in the office.
    pub(super) fn evening_of(&self, day: u32) -> i64 {
        let evening = at(day, 22 * HOUR);
        self.clock.go_to(evening);
        evening
    }
}
