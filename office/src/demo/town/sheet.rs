//! The rows that a generated street hands to the import: each entry with its own time, its origin and
//! its mark. What happens in the street is decided in the other files.

use std::collections::BTreeSet;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, CaseEvent, CaseStep, Entry, Found};
use doorstep_model::ids::{AreaId, Identity, PersonId};
use doorstep_replica::act::office::ImportRow;

use super::{Clerks, GENERATED, identity};
use crate::demo::almanac::{DAY, HOUR};

/// The rows so far.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) rows: Vec<ImportRow>,
    made: BTreeSet<Identity>,
    clerks: Clerks,
    cases: u64,
}

impl Sheet {
    pub(super) fn new(clerks: Clerks) -> Self {
        Self {
            rows: Vec::new(),
            made: BTreeSet::new(),
            clerks,
            cases: 0,
        }
    }

    /// Whether an entry made this thing already.
    pub(super) fn has(&self, thing: Identity) -> bool {
        self.made.contains(&thing)
    }

    /// An entry that makes its subject.
    pub(super) fn make(
        &mut self,
        area: &AreaId,
        document: DocumentName,
        thing: Identity,
        body: impl Into<Body>,
        time: i64,
    ) {
        self.made.insert(thing);
        self.put(area, document, thing, thing, Entry::new(body, time));
    }

    /// An entry about a subject that is there.
    pub(super) fn say(
        &mut self,
        area: &AreaId,
        document: DocumentName,
        subject: Identity,
        body: impl Into<Body>,
        time: i64,
    ) {
        let number = (self.rows.len() as u64).to_be_bytes();
        let origin = identity("entry", &[subject.as_bytes(), &number]);
        self.put(area, document, subject, origin, Entry::new(body, time));
    }

    /// A matter that was found and put right on the spot an hour later.
    pub(super) fn fixed_on_spot(&mut self, area: &AreaId, found: Found, time: i64) {
        let found = self.found(area, found, time);
        let fixer = self.clerks.fixer;
        self.steps(area, found, time, &[(CaseEvent::FixedOnSpot, fixer, HOUR)]);
    }

    /// A matter that went its whole way: one put it right, another looked again and closed it.
    pub(super) fn whole_course(&mut self, area: &AreaId, found: Found, time: i64) {
        let found = self.found(area, found, time);
        let Clerks { fixer, checker } = self.clerks;
        let course = [
            (CaseEvent::Registered, fixer, HOUR),
            (CaseEvent::Rectifying, fixer, DAY),
            (CaseEvent::Reported, fixer, DAY),
            (CaseEvent::Rechecked, checker, DAY),
            (CaseEvent::Closed, checker, HOUR),
        ];
        self.steps(area, found, time, &course);
    }

    fn found(&mut self, area: &AreaId, found: Found, time: i64) -> Identity {
        self.cases += 1;
        let case = identity("case", &[&self.cases.to_be_bytes()]);
        let entry = Entry::new(found, time).by(Some(self.clerks.fixer));
        self.put(area, DocumentName::Case(case), case, case, entry);
        case
    }

    /// Steps of a case, each so long after the one before.
    fn steps(
        &mut self,
        area: &AreaId,
        case: Identity,
        mut time: i64,
        course: &[(CaseEvent, PersonId, i64)],
    ) {
        let mut last = case;
        for (number, (event, person, wait)) in course.iter().enumerate() {
            time += wait;
            let step = CaseStep {
                passed: (*event == CaseEvent::Rechecked).then_some(true),
                ..CaseStep::of(*event)
            };
            let entry = Entry::new(step, time).by(Some(*person)).after(vec![last]);
            let number = (number as u64).to_be_bytes();
            last = identity("step", &[case.as_bytes(), &number]);
            self.put(area, DocumentName::Case(case), case, last, entry);
        }
    }

    fn put(
        &mut self,
        area: &AreaId,
        document: DocumentName,
        subject: Identity,
        origin: Identity,
        entry: Entry,
    ) {
        let mut entry = entry.with_origin(origin);
        entry.envelope.mark = GENERATED;
        self.rows.push(ImportRow {
            area: area.clone(),
            document,
            subject,
            entry,
        });
    }
}
