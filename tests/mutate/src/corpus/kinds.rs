//! One ordinary entry of every kind that this version knows, with the rarer keys filled in.

use doorstep_model::document::RoundKey;
use doorstep_model::entry::*;
use doorstep_model::ids::{AssetId, AuthorTag, CaseId, Identity, PersonId, PhotoHash, PlaceId};

const DAY: u32 = 20_782;
const MONTH: u32 = 2026 * 12 + 10;
const TIME: i64 = 1_795_600_000;

fn entry_id(counter: u64) -> Identity {
    Identity::of_entry(AuthorTag([9; 4]), counter)
}

fn row_id(byte: u8) -> Identity {
    Identity::of_hash([byte; 16])
}

fn photos() -> Option<Vec<PhotoHash>> {
    Some(vec![PhotoHash([3; 32])])
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// One entry of every kind, in the order of [`Body::KINDS`]; the first is `opened`.
pub fn every_kind() -> Vec<Entry> {
    let mut entries = at_the_door();
    entries.extend(of_cases_and_handouts());
    entries.extend(of_plan_and_desk());
    entries.extend(of_the_organisation());
    entries
}

fn at_the_door() -> Vec<Entry> {
    let faults = Outcome::of_faults(vec![text("pressure_low"), text("blocked")]);
    let bodies: Vec<Body> = vec![
        Opened {
            document: 2,
            round: Some(RoundKey::AdHoc(DAY)),
            pack: Some(1),
        }
        .into(),
        PlaceAdded {
            kind: PlaceKind::Household,
            parent: Some(PlaceId(entry_id(1))),
            name: text("204"),
            order: Some(204),
        }
        .into(),
        AssetAdded {
            asset_type: text("extinguisher.dry_powder"),
            place: PlaceId(entry_id(2)),
            label: Some(text("K7M2Q4X9")),
            factory: Some(MONTH),
            size: Some(text("2kg")),
            batch: Some(entry_id(3)),
            registration: Registration::FoundUnregistered,
            maker_life_years: Some(10),
        }
        .into(),
        FieldSet {
            field: Field::HouseholdState,
            value: FieldValue::Text(text("empty")),
        }
        .into(),
        Visit {
            outcome: VisitOutcome::Absent,
            note: Some(text("晚上再来")),
            next: Some(DAY + 1),
            date_only: Some(true),
        }
        .into(),
        Check {
            outcome: faults.clone(),
            note: Some(text("压力低")),
            photos: photos(),
            pack: Some(2),
            date_only: Some(true),
        }
        .into(),
        Undo { of: entry_id(4) }.into(),
        Correction {
            of: entry_id(5),
            outcome: faults,
            visit: Some(VisitOutcome::Answered),
            reason: text("看错了"),
        }
        .into(),
        AdHocTargets {
            doors: vec![PlaceId(entry_id(2))],
            assets: vec![AssetId(entry_id(3)), AssetId(row_id(1))],
            part: 1,
            of: 2,
        }
        .into(),
    ];
    let reacting = bodies.into_iter().map(|body| {
        Entry::new(body, TIME)
            .after(vec![entry_id(7), row_id(2)])
            .by(Some(PersonId(row_id(3))))
            .with_origin(row_id(4))
    });
    reacting.collect()
}

fn of_cases_and_handouts() -> Vec<Entry> {
    let bodies: Vec<Body> = vec![
        Found {
            class: CaseClass::Hazard,
            kind: text("stairwell_clutter"),
            place: PlaceId(entry_id(2)),
            asset: Some(AssetId(entry_id(3))),
            level: 2,
            suspected: Some(true),
            note: Some(text("楼道堆物")),
            photos: photos(),
            round: Some(RoundKey::Plan(entry_id(8))),
            campaign: Some(entry_id(9)),
        }
        .into(),
        CaseStep {
            event: CaseEvent::Dispatched,
            note: Some(text("请处理")),
            date: Some(DAY + 7),
            body: Some(text("物业")),
            receipt: Some(text("2026-17")),
            into: Some(CaseId(entry_id(10))),
            passed: Some(false),
            level: Some(1),
            approved_by: Some(PersonId(row_id(3))),
            helpers: Some(vec![text("消防站")]),
            photos: photos(),
        }
        .into(),
        Note {
            text: text("门锁换了"),
            photos: photos(),
        }
        .into(),
        HandoutBatch {
            item: text("safety_pack.senior"),
            size: Some(text("大")),
            manner: HandoutManner::Additional,
            day: DAY,
            project: Some(text("为老服务")),
            maker: Some(text("某厂")),
            factory: Some(MONTH),
        }
        .into(),
        HandoutLine {
            batch: entry_id(11),
            quantity: 2,
            unit: text("只"),
            day: Some(DAY),
            item: text("extinguisher.dry_powder"),
        }
        .into(),
        Service {
            kind: ServiceKind::Serviced,
            month: MONTH,
            firm: Some(text("某消防")),
            note: Some(text("10.0.8-9")),
            successor: Some(AssetId(entry_id(12))),
        }
        .into(),
        Attendance {
            person_times: 40,
            day: DAY,
            force: Some(text("volunteer")),
        }
        .into(),
    ];
    bodies
        .into_iter()
        .map(|body| Entry::new(body, TIME))
        .collect()
}

fn of_plan_and_desk() -> Vec<Entry> {
    let table = vec![AuthorMark {
        author: AuthorTag([1; 4]),
        last: 12,
    }];
    let segment = SegmentName {
        author: AuthorTag([1; 4]),
        n: 3,
    };
    let bodies: Vec<Body> = vec![
        RoundPlanned {
            name: text("十一月巡查"),
            from: DAY,
            to: DAY + 9,
            checklist: Some(text("monthly")),
            campaign: Some(entry_id(9)),
        }
        .into(),
        RoundTargets {
            round: entry_id(8),
            doors: vec![PlaceId(entry_id(2))],
            assets: vec![AssetId(entry_id(3))],
            part: 2,
            of: 2,
        }
        .into(),
        RoundClosed {
            table: table.clone(),
        }
        .into(),
        MonthClosed {
            month: MONTH,
            table,
        }
        .into(),
        Horizon {
            rounds: vec![HorizonRound {
                building: PlaceId(entry_id(1)),
                round: RoundKey::AdHoc(DAY),
            }],
        }
        .into(),
        Carry {
            entry: entry_id(13),
            person: PersonId(row_id(3)),
            time: TIME,
            outcome: Outcome::Missing,
            visit: Some(VisitOutcome::Empty),
            author: AuthorTag([1; 4]),
        }
        .into(),
        Campaign {
            name: text("冬防"),
            from: DAY,
            to: DAY + 90,
        }
        .into(),
        ReportedFigure {
            year: 2025,
            row: text("S01"),
            measure: text("检查灭火器"),
            value: text("2300"),
            unit: text("只"),
            precision: Precision::LowerBound,
            quote: text("检查灭火器2300余只"),
            note: Some(text("余")),
            cumulative: Some(true),
        }
        .into(),
        Verdict {
            ruling: Ruling::Held,
            segment: Some(segment),
            code: text("late"),
            reason: Some(text("等核实")),
        }
        .into(),
        Decision {
            names: vec![entry_id(13), entry_id(14)],
            outcome: Outcome::Normal,
            reason: Some(text("看过照片")),
        }
        .into(),
        SameAs {
            other: row_id(5),
            split: Some(true),
        }
        .into(),
        Dated {
            segment,
            received_at: TIME,
            shifts: vec![0, -3_600],
        }
        .into(),
        BatchUndone {
            reason: Some(text("导入错了")),
        }
        .into(),
        BatchRow { batch: row_id(6) }.into(),
    ];
    bodies
        .into_iter()
        .map(|body| Entry::new(body, TIME))
        .collect()
}

fn of_the_organisation() -> Vec<Entry> {
    let bodies: Vec<Body> = vec![
        AreaDeclared {
            code: text("310101019005"),
            parent: Some(text("310101019")),
            level: text("committee"),
            name: text("文庙居委会"),
            from: Some(DAY),
            until: Some(DAY + 365),
        }
        .into(),
        PersonDeclared {
            roster: text("V-017"),
            role: 0,
            force: Some(text("volunteer")),
        }
        .into(),
        PackAdopted {
            pack: text("laoximen"),
            number: 1,
            hash: [1; 32],
        }
        .into(),
        AuthorRevoked {
            author: AuthorTag([1; 4]),
            reason: Some(text("手机丢了")),
        }
        .into(),
        AuthorSucceeded {
            old: AuthorTag([1; 4]),
            new: AuthorTag([2; 4]),
        }
        .into(),
        TransportKey { key: [2; 32] }.into(),
        InvitationVoided {
            invitation: [3; 16],
        }
        .into(),
    ];
    bodies
        .into_iter()
        .map(|body| Entry::new(body, TIME))
        .collect()
}
