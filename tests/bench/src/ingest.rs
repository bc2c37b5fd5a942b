//! How fast an office takes in whole evenings: verified, vetted, projected, many a transaction, beside
//! plain signed rows in the same batches and fsyncs with one signature checked a segment.

use doorstep_model::change;
use doorstep_model::entry::{Entry, EntryKey};
use doorstep_model::keys::{PublicKey, SIGNATURE_LEN};
use doorstep_model::segment::Segment;
use doorstep_replica::sync::office::Office;

use crate::clock::{NOON, Standing, passed, spent};
use crate::committee::{ASSETS, BUILDINGS, Committee, DEVICES, carry, options};
use crate::data::FULL;
use crate::line::Line;
use crate::plain::{Plain, Row};
use crate::scribe::Scribe;

/// Evenings of one transaction.
const GROUP: usize = 12;
/// Months of the committee.
const MONTHS: i64 = 12;

/// A committee's year, evening by evening.
pub(crate) fn ingest() -> Vec<Line> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = Standing::at(NOON);
    let office = Office::create(options(Some(&folder.path().join("office")), 1, &clock))
        .expect("a new office");
    let organisation = office.organisation_key().expect("it is an office");
    let mut committee = Committee::new(&organisation, 1, BUILDINGS);
    let mut devices: Vec<Scribe> = (0..DEVICES)
        .map(|nth| committee.device(&organisation, nth))
        .collect();
    for device in &mut devices {
        device.enrol(NOON, |request| crate::committee::answer(&office, request));
    }
    let registrar = committee.segments.clone();
    carry(&office, &mut devices[0], &registrar, NOON);

    let before = stored(&office);
    let mut plain = Plain::new(&folder.path().join("plain.db"));
    let mut totals = Totals::default();
    let evenings: Vec<(i64, usize)> = (0..MONTHS)
        .flat_map(|month| (0..BUILDINGS).map(move |building| (month, building)))
        .collect();
    for group in evenings.chunks(GROUP) {
        let mut requests = Vec::new();
        let mut segments = Vec::new();
        for (month, building) in group {
            let device = &mut devices[(building * 7 + *month as usize) % DEVICES as usize];
            let days_ago = 365 - month * 30;
            // Devices have seen nothing: their times are not bounded by what they saw.
            device.cursor = None;
            let segment = committee.evening(device, *building, days_ago, ASSETS, FULL);
            requests.push(device.request(std::slice::from_ref(&segment), 0, NOON));
            segments.push((device.public(), segment));
        }
        let rows: Vec<PlainRow> = segments.iter().flat_map(|(_, bytes)| rows(bytes)).collect();
        totals.entries += rows.len();
        totals.ours(|| {
            office.handle(&requests).expect("room on the disk");
        });
        totals.plain(|| signed_rows(&mut plain, &segments, &rows));
    }
    assert_eq!(
        stored(&office) - before,
        totals.entries,
        "every entry is there"
    );
    totals.lines()
}

#[derive(Default)]
struct Totals {
    entries: usize,
    ours: (f64, f64),
    plain: (f64, f64),
}

impl Totals {
    fn ours(&mut self, act: impl FnOnce()) {
        add(&mut self.ours, act);
    }

    fn plain(&mut self, act: impl FnOnce()) {
        add(&mut self.plain, act);
    }

    fn lines(&self) -> Vec<Line> {
        let rate = |seconds: f64| self.entries as f64 / seconds;
        vec![
            Line::beside("ingest", rate(self.ours.0), "entries/s", rate(self.plain.0)),
            Line::beside(
                "ingest_cpu",
                rate(self.ours.1),
                "entries/s",
                rate(self.plain.1),
            ),
        ]
    }
}

fn add(total: &mut (f64, f64), act: impl FnOnce()) {
    let mut cpu = 0.0;
    total.0 += passed(|| cpu = spent(act));
    total.1 += cpu;
}

fn stored(office: &Office) -> usize {
    office.replica().inspect(|store| {
        store
            .query_row("SELECT count(*) FROM entry", [], |row| row.get::<_, u32>(0))
            .expect("a number") as usize
    })
}

/// The same entries as plain rows in one transaction, one signature checked a segment.
fn signed_rows(plain: &mut Plain, segments: &[(PublicKey, Vec<u8>)], rows: &[PlainRow]) {
    for (key, bytes) in segments {
        let (signed, signature) = bytes.split_at(bytes.len() - SIGNATURE_LEN);
        assert!(key.verifies(signed, signature), "signed by its author");
    }
    plain.commit(rows.iter().map(|(key, time, value)| Row {
        author: i64::from(u32::from_be_bytes(key.author.0)),
        counter: key.counter as i64,
        subject: key.subject.as_bytes(),
        time: *time,
        value,
    }));
}

type PlainRow = (EntryKey, i64, Vec<u8>);

fn rows(segment: &[u8]) -> Vec<PlainRow> {
    let segment = Segment::read(segment).expect("a segment of ours");
    let changes = segment.changes.iter();
    changes
        .flat_map(|one| change::read(one.bytes).expect("a change of ours"))
        .map(|(key, value)| {
            let entry = Entry::from_bytes(&value).expect("an entry of ours");
            (key, entry.envelope.time, value)
        })
        .collect()
}
