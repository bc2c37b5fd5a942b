//! Screens asked of small worlds, page by page, and of what SQLite plans for them.

use doorstep_model::document::RoundKey;
use doorstep_model::due::Status;
use doorstep_model::entry::{
    CaseClass, CaseEvent, CaseStep, Found, Outcome, PlaceAdded, PlaceKind, RoundPlanned,
    RoundTargets, Ruling, VisitOutcome,
};
use doorstep_model::ids::{AssetId, CaseId, Identity, PlaceId};

use super::*;
use crate::project::testing::{
    NOON, Script, Who, World, assets as asset_ids, bottle, committee, round, verdict,
};

/// A house with two floors of two doors, a bottle behind each.
struct House {
    script: Script,
    house: Identity,
    doors: Vec<Identity>,
    bottles: Vec<Identity>,
}

fn house() -> House {
    let mut script = Script::default();
    // The round documents of scripts are about this building.
    let house = Identity::of_hash([0xdd; 16]);
    let building = PlaceAdded {
        kind: PlaceKind::Building,
        parent: None,
        name: "3号楼".to_owned(),
        order: None,
    };
    script.say(Who::Office, house, NOON, building);
    let mut doors = Vec::new();
    let mut bottles = Vec::new();
    for number in [101, 102, 201, 202] {
        let door = PlaceAdded {
            kind: PlaceKind::Household,
            parent: Some(PlaceId(house)),
            name: number.to_string(),
            order: Some(number),
        };
        let door = script.make(Who::Office, NOON, door);
        doors.push(door);
        bottles.push(script.make(
            Who::Office,
            NOON,
            bottle(door, Some(&format!("AAAAAA{number}"))),
        ));
    }
    House {
        script,
        house,
        doors,
        bottles,
    }
}

fn world(script: &Script) -> World {
    let mut world = World::new(0);
    world.take(&script.said);
    world
}

fn area(world: &World) -> i64 {
    let code = committee();
    world
        .connection()
        .query_row(
            "SELECT id FROM area WHERE code = ?1",
            [code.as_str()],
            |row| row.get(0),
        )
        .expect("the committee")
}

#[test]
fn the_plan_of_a_house_shows_its_floors_and_what_the_round_came_to() {
    let House {
        mut script,
        house,
        doors,
        bottles,
    } = house();
    script.visit(Who::Wang, doors[0], NOON, VisitOutcome::Answered);
    script.check(Who::Wang, bottles[0], NOON + 5, Outcome::Normal);
    script.visit(Who::Wang, doors[1], NOON + 60, VisitOutcome::Absent);
    let mut world = world(&script);
    let (connection, _, packs) = world.inner();
    let plan = door_plan(connection, packs, PlaceId(house), Some(round()), NOON)
        .expect("a plan")
        .expect("the house");
    let names: Vec<Vec<&str>> = plan
        .floors
        .iter()
        .map(|floor| {
            floor
                .doors
                .iter()
                .map(|door| door.place.name.as_str())
                .collect()
        })
        .collect();
    assert_eq!(names, [["101", "102"], ["201", "202"]]);
    assert_eq!((plan.doors, plan.covered, plan.attempted), (4, 1, 1));
    assert_eq!((plan.assets, plan.checked), (4, 1));
    assert_eq!(
        plan.floors[0].doors[1].outcome,
        Some(VisitOutcome::Absent as u8)
    );
    assert_eq!(plan.floors[1].doors[0].outcome, None);

    let another = door_plan(
        connection,
        packs,
        PlaceId(house),
        Some(RoundKey::AdHoc(1)),
        NOON,
    )
    .expect("a plan")
    .expect("the house");
    assert_eq!(
        (another.covered, another.checked),
        (0, 0),
        "another round knows nothing of it"
    );
}

#[test]
fn a_list_of_assets_comes_in_pages_that_miss_nothing_and_repeat_nothing() {
    let House {
        script, bottles, ..
    } = house();
    let mut world = world(&script);
    let area = area(&world);
    let (connection, _, packs) = world.inner();
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let filter = AssetFilter::default();
        let page =
            assets(connection, packs, area, &filter, after.as_deref(), 3, NOON).expect("a page");
        assert!(page.rows.len() <= 3);
        seen.extend(page.rows.iter().map(|line| line.id.0));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let mut all = bottles.clone();
    all.sort_unstable();
    assert_eq!(seen, all);
}

#[test]
fn filters_take_what_they_say() {
    let House {
        mut script,
        house,
        bottles,
        ..
    } = house();
    script.check(Who::Wang, bottles[0], NOON, Outcome::Normal);
    script.check(Who::Wang, bottles[1], NOON, Outcome::Missing);
    script.check(Who::Li, bottles[1], NOON + 60, Outcome::Normal);
    let mut world = world(&script);
    let area = area(&world);
    let (connection, _, packs) = world.inner();
    let count = |state| {
        let filter = AssetFilter {
            state: Some(state),
            building: Some(PlaceId(house)),
            ..AssetFilter::default()
        };
        assets(connection, packs, area, &filter, None, 10, NOON)
            .expect("a page")
            .rows
            .len()
    };
    assert_eq!(count(AssetState::NeverChecked), 2);
    assert_eq!(count(AssetState::Missing), 1);
    assert_eq!(count(AssetState::Waiting), 1);
    assert_eq!(
        count(AssetState::LookDue),
        2,
        "two were looked at this month"
    );
    assert_eq!(count(AssetState::Faulty), 0);
}

#[test]
fn an_asset_shows_every_look_and_what_it_owes_today() {
    let House {
        mut script,
        bottles,
        ..
    } = house();
    let first = script.check(Who::Wang, bottles[0], NOON, Outcome::Missing);
    let second = script.check(Who::Wang, bottles[0], NOON + 60, Outcome::Normal);
    let mut world = world(&script);
    let (connection, _, packs) = world.inner();
    let page = |now| {
        asset(connection, packs, AssetId(bottles[0]), now)
            .expect("a page")
            .expect("the bottle")
    };
    let today = page(NOON + 100);
    let looks: Vec<_> = today
        .history
        .iter()
        .map(|look| (look.check, look.superseded_by))
        .collect();
    assert_eq!(looks, [(second, None), (first, Some(second))]);
    let look = |page: &AssetPage| {
        let of_kind = |owed: &&doorstep_model::due::Obligation| owed.kind.as_str() == "look";
        page.obligations
            .iter()
            .find(of_kind)
            .map(|owed| owed.status)
    };
    assert_eq!(look(&today), Some(Status::NotDue));
    assert_eq!(look(&page(NOON + 86_400 * 70)), Some(Status::Overdue));
    assert!(
        asset(connection, packs, AssetId(first), NOON)
            .expect("no error")
            .is_none()
    );
}

#[test]
fn the_obligations_of_a_page_and_the_months_of_a_row_agree() {
    let House {
        mut script,
        bottles,
        ..
    } = house();
    script.check(Who::Wang, bottles[0], NOON, Outcome::Normal);
    let mut world = world(&script);
    let due = world.asset(bottles[0], "due");
    let (connection, _, packs) = world.inner();
    let page = asset(connection, packs, AssetId(bottles[0]), NOON)
        .expect("a page")
        .expect("it");
    for owed in page.obligations {
        let month = owed
            .due_month
            .map_or("null".to_owned(), |month| format!("\"{month}\""));
        assert!(
            due.contains(&format!("\"{}\":{month}", owed.kind)),
            "{} in {due}",
            owed.kind
        );
    }
}

fn found(at: Identity) -> Found {
    Found {
        class: CaseClass::Hazard,
        kind: "ebike".to_owned(),
        place: PlaceId(at),
        asset: None,
        level: 1,
        suspected: None,
        note: None,
        photos: None,
        round: None,
        campaign: None,
    }
}

fn dispatched(date: u32) -> CaseStep {
    CaseStep {
        date: Some(date),
        body: Some("物业".to_owned()),
        ..CaseStep::of(CaseEvent::Dispatched)
    }
}

#[test]
fn cases_come_latest_first_and_become_overdue_as_days_go() {
    let House {
        mut script, doors, ..
    } = house();
    let early = script.make(Who::Wang, NOON, found(doors[0]));
    let late = script.make(Who::Wang, NOON + 60, found(doors[1]));
    let registered = CaseStep {
        event: CaseEvent::Registered,
        ..dispatched(0)
    };
    let first = script
        .after(&[early])
        .say(Who::Clerk, early, NOON + 90, registered);
    script
        .after(&[first])
        .say(Who::Clerk, early, NOON + 120, dispatched(20_785));
    let world = world(&script);
    let area = area(&world);
    let list = |filter, after: Option<&str>, now| {
        cases(world.connection(), area, filter, after, 1, now).expect("a page")
    };
    let page = list(CaseFilter::Open, None, NOON);
    assert_eq!(page.rows[0].id, CaseId(late));
    let page = list(CaseFilter::Open, page.next.as_deref(), NOON);
    assert_eq!((page.rows[0].id, page.next), (CaseId(early), None));
    assert!(list(CaseFilter::Overdue, None, NOON).rows.is_empty());
    assert_eq!(
        list(CaseFilter::Overdue, None, NOON + 86_400 * 5).rows[0].id,
        CaseId(early)
    );

    let one = case(world.connection(), CaseId(early), NOON)
        .expect("a page")
        .expect("the case");
    let told: Vec<_> = one
        .events
        .iter()
        .map(|event| (event.kind, event.state))
        .collect();
    let taken = [
        ("found", Some("found")),
        ("registered", Some("registered")),
        ("dispatched", Some("dispatched")),
    ];
    assert_eq!(told, taken);
    assert_eq!(one.latest.len(), 1, "the next step names the last only");
}

#[test]
fn a_dispute_lists_everything_a_decision_has_to_name() {
    let House {
        mut script,
        bottles,
        ..
    } = house();
    let one = script.check(Who::Wang, bottles[0], NOON, Outcome::Normal);
    let other = script.check(Who::Li, bottles[0], NOON + 60, Outcome::Missing);
    script.check(Who::Wang, bottles[1], NOON + 300, Outcome::Normal);
    script.check(Who::Li, bottles[1], NOON + 360, Outcome::Missing);
    let world = world(&script);
    let area = area(&world);
    let page = disputes(world.connection(), area, None, 1).expect("a page");
    let named: Vec<Identity> = page.rows[0].checks.iter().map(|told| told.check).collect();
    assert_eq!(named, [one, other]);
    assert_eq!(page.rows[0].place.as_deref(), Some("101"));
    let page = disputes(world.connection(), area, page.next.as_deref(), 1).expect("a page");
    assert_eq!((page.rows[0].asset, page.next), (AssetId(bottles[1]), None));
}

#[test]
fn a_label_on_two_things_is_found_and_listed_for_the_desk() {
    let House {
        mut script,
        doors,
        bottles,
        ..
    } = house();
    let twin = script.make(Who::Wang, NOON, bottle(doors[3], Some("AAAAAA101")));
    let world = world(&script);
    let mut both = vec![bottles[0], twin];
    both.sort_unstable();
    let found = bearers(world.connection(), "AAAAAA101").expect("bearers");
    assert_eq!(
        found
            .iter()
            .map(|bearer| match bearer.thing {
                Thing::Asset { id, .. } => id.0,
                Thing::Place(id) => panic!("{id} is a place"),
            })
            .collect::<Vec<_>>(),
        both
    );
    let clashes = label_clashes(world.connection(), area(&world), None, 10).expect("a page");
    assert_eq!(
        clashes.rows,
        [LabelClash {
            code: "AAAAAA101".to_owned(),
            bearers: 2
        }]
    );
    assert!(
        bearers(world.connection(), "ZZZZZZZZ")
            .expect("none")
            .is_empty()
    );
}

#[test]
fn coverage_tells_covered_from_attempted_and_what_was_off_the_list() {
    let House {
        mut script,
        house,
        doors,
        bottles,
    } = house();
    let planned = RoundPlanned {
        name: "十一月".to_owned(),
        from: 20_758,
        to: 20_787,
        checklist: None,
        campaign: None,
    };
    let plan = script.make(Who::Office, NOON, planned);
    let targets = RoundTargets {
        round: plan,
        doors: doors[..2].iter().copied().map(PlaceId).collect(),
        assets: asset_ids(&bottles[..2]),
        part: 1,
        of: 1,
    };
    script.say(Who::Office, house, NOON, targets);
    script.in_round(RoundKey::Plan(plan));
    script.visit(Who::Wang, doors[0], NOON + 1, VisitOutcome::Answered);
    script.visit(Who::Wang, doors[1], NOON + 2, VisitOutcome::Refused);
    script.visit(Who::Wang, doors[2], NOON + 3, VisitOutcome::Answered);
    script.check(Who::Wang, bottles[0], NOON + 4, Outcome::Normal);
    script.check(Who::Wang, bottles[3], NOON + 5, Outcome::Normal);
    let world = world(&script);
    let done = coverage(world.connection(), &committee(), RoundKey::Plan(plan)).expect("coverage");
    let expected = BuildingCoverage {
        doors: 2,
        covered: 1,
        attempted: 1,
        assets: 2,
        checked: 1,
        extra_doors: 1,
        extra_assets: 1,
        held: 0,
    };
    assert_eq!(done.total, expected);
    assert_eq!(done.buildings[&PlaceId(house)], expected);
    let today = today(world.connection(), &[committee()], NOON).expect("today");
    assert_eq!(
        (today[0].rounds[0].doors, today[0].rounds[0].assets),
        (2, 2)
    );
}

#[test]
fn today_counts_what_is_due_and_what_waits() {
    let House {
        mut script,
        doors,
        bottles,
        ..
    } = house();
    script.check(Who::Wang, bottles[0], NOON, Outcome::Normal);
    script.check(Who::Li, bottles[0], NOON + 60, Outcome::Missing);
    script.make(Who::Wang, NOON, found(doors[0]));
    let slip = script.check(Who::Zhao, bottles[1], NOON, Outcome::Normal);
    script.say(Who::Office, slip, NOON + 90, verdict(Ruling::Held));
    let world = world(&script);
    let lines = today(world.connection(), &[committee()], NOON).expect("today");
    let line = &lines[0];
    assert_eq!((line.doors, line.assets, line.missing), (4, 4, 1));
    assert_eq!((line.looks_due, line.work_overdue), (3, 4));
    assert_eq!((line.open_cases, line.disputes, line.held), (1, 1, 1));
}

#[test]
fn what_is_only_on_this_phone_is_counted_apart_from_what_the_office_has() {
    let House {
        mut script,
        bottles,
        ..
    } = house();
    let slip = script.check(Who::Wang, bottles[0], NOON, Outcome::Normal);
    script.check(Who::Wang, bottles[1], NOON, Outcome::Normal);
    script.say(Who::Office, slip, NOON + 90, verdict(Ruling::Held));
    let world = world(&script);
    let count = || counters(world.connection(), &[Who::Wang.tag()]).expect("counters");
    let before = Counters {
        only_here: 2,
        held: 1,
        ..Counters::default()
    };
    assert_eq!(count(), before);
    let sealed = "INSERT INTO segment (id, area, author, n, hash, bytes, first, last) \
                  SELECT 1, 1, id, 1, zeroblob(32), x'', 0, 1000 FROM author WHERE tag = ?1";
    let tag = Who::Wang.tag();
    world
        .connection()
        .execute(sealed, [tag.as_bytes()])
        .expect("a segment");
    let into = "UPDATE entry SET segment = 1 WHERE author = (SELECT id FROM author WHERE tag = ?1)";
    world
        .connection()
        .execute(into, [tag.as_bytes()])
        .expect("sealed");
    assert_eq!(count(), before, "sealed is not received");
    world
        .connection()
        .execute("UPDATE segment SET received_at = 5", [])
        .expect("a receipt");
    assert_eq!(
        count(),
        Counters {
            received: 2,
            held: 1,
            ..Counters::default()
        }
    );
}

#[test]
fn no_screen_reads_through_all_entries() {
    let House {
        mut script,
        house,
        bottles,
        doors,
    } = house();
    let case_id = script.make(Who::Wang, NOON, found(doors[0]));
    let mut world = world(&script);
    let area = area(&world);
    let watched = world.watch_scans(|connection, packs| {
        today(connection, &[committee()], NOON).expect("today");
        let filter = AssetFilter::default();
        assets(connection, packs, area, &filter, None, 50, NOON).expect("assets");
        asset(connection, packs, AssetId(bottles[0]), NOON).expect("asset");
        door_plan(connection, packs, PlaceId(house), Some(round()), NOON).expect("plan");
        cases(connection, area, CaseFilter::Open, None, 50, NOON).expect("cases");
        case(connection, CaseId(case_id), NOON).expect("case");
        disputes(connection, area, None, 50).expect("disputes");
        counters(connection, &[Who::Wang.tag()]).expect("counters");
        places(connection, area, None, None, 50).expect("places");
        bearers(connection, "AAAAAA101").expect("bearers");
        coverage(connection, &committee(), round()).expect("coverage");
    });
    assert!(watched.len() > 20, "the statements were seen: {watched:?}");
    for (sql, plan) in watched {
        for table in [
            "entry",
            "segment",
            "place",
            "asset",
            "matter",
            "label",
            "round_target",
        ] {
            let scans = plan.iter().any(|step| step == &format!("SCAN {table}"));
            assert!(!scans, "{sql}\n{plan:#?}");
        }
    }
}
