use super::*;

fn answer_of(events: Value) -> Value {
    explain_case(&json!({"id": "q", "events": events}).to_string())
}

#[test]
fn a_case_is_told_as_the_docs_say() {
    let answer = answer_of(json!([
        {"id": "c", "kind": "dispatched", "by": "wang", "role": "clerk", "at": "2026-03-01T11:00:00+08:00", "after": ["b"], "deadline": "2026-03-09"},
        {"id": "b", "kind": "registered", "by": "wang", "role": "office", "at": "2026-03-01T10:00:00+08:00", "after": ["a"]},
        {"id": "a", "kind": "found", "by": "li", "role": "volunteer", "at": "2026-03-01T09:00:00+08:00", "after": [], "level": 2},
        {"id": "d", "kind": "closed", "by": "li", "role": "volunteer", "at": "2026-03-01T12:00:00+08:00", "after": ["c"]},
    ]));
    assert_eq!(
        answer,
        json!({
            "id": "q", "state": "dispatched", "open": true, "level": 2,
            "suspected3": false, "judged3": false,
            "claims": [{"id": "d", "why": "wrong_state"}],
            "order": ["a", "b", "c", "d"],
            "deadline": "2026-03-09",
        })
    );
}

#[test]
fn ties_are_broken_by_the_bytes_of_the_ids() {
    let event = |id: &str| json!({"id": id, "kind": "suspected3", "by": "li", "at": "2026-03-01T09:00:00Z"});
    let answer = answer_of(json!([
        event("b"),
        event("a10"),
        event("é"),
        event("a"),
        event("B")
    ]));
    assert_eq!(answer["order"], json!(["B", "a", "a10", "b", "é"]));
}

#[test]
fn an_extension_needs_another_than_its_asker() {
    let with = |more: Value| {
        let mut extended = json!({"id": "c", "kind": "extended", "by": "wang", "role": "clerk", "at": "2026-03-02T09:00:00Z", "after": ["b"], "deadline": "2026-04-01"});
        for (key, value) in more.as_object().expect("an object") {
            extended[key] = value.clone();
        }
        answer_of(json!([
            {"id": "0", "kind": "found", "by": "li", "at": "2026-03-01T07:00:00Z", "level": 1},
            {"id": "a", "kind": "registered", "by": "wang", "role": "clerk", "at": "2026-03-01T08:00:00Z", "after": ["0"]},
            {"id": "b", "kind": "dispatched", "by": "wang", "role": "clerk", "at": "2026-03-01T09:00:00Z", "after": ["a"], "deadline": "2026-03-20"},
            extended,
        ]))
    };
    for (approval, deadline) in [
        (json!({}), "2026-03-20"),
        (json!({"approved_by": "wang"}), "2026-03-20"),
        (json!({"approved_by": "zhao"}), "2026-04-01"),
        (json!({"asker": "sun"}), "2026-04-01"),
        (json!({"asker": "wang"}), "2026-03-20"),
        (json!({"asker": "sun", "approved_by": "sun"}), "2026-03-20"),
        (json!({"asker": "sun", "approved_by": "zhao"}), "2026-04-01"),
    ] {
        let answer = with(approval.clone());
        assert_eq!(answer["deadline"], json!(deadline), "{approval}");
    }
}

#[test]
fn unknown_kinds_are_known_events_and_photos_are_not() {
    let with = |kind: &str| {
        answer_of(json!([
            {"id": "a", "kind": "found", "by": "li", "at": "2026-03-01T09:00:00Z", "level": 0},
            {"id": "b", "kind": "fixed_on_spot", "by": "li", "at": "2026-03-01T10:00:00Z", "after": ["a"]},
            {"id": "c", "kind": kind, "by": "qi", "at": "2026-03-01T11:00:00Z", "after": ["a"]},
        ]))
    };
    assert_eq!(with("photo")["state"], json!("fixed_on_spot"));
    assert_eq!(with("photo")["level"], json!(0));
    let unknown = with("inspected_by_drone");
    assert_eq!(unknown["state"], json!("found"));
    assert_eq!(unknown["claims"], json!([{"id": "b", "why": "concurrent"}]));
}

#[test]
fn a_feed_position_that_covers_the_close_is_taken_from_the_line() {
    let with = |seen: u64| {
        answer_of(json!([
            {"id": "a", "kind": "found", "by": "li", "at": "2026-03-01T09:00:00Z", "level": 1},
            {"id": "b", "kind": "fixed_on_spot", "by": "li", "at": "2026-03-01T10:00:00Z", "after": ["a"], "received": [7]},
            {"id": "c", "kind": "relapsed", "by": "qi", "at": "2026-03-01T09:30:00Z", "seen": seen},
        ]))
    };
    assert_eq!(with(7)["state"], json!("relapsed"));
    assert_eq!(with(6)["state"], json!("found"));
}

#[test]
fn what_cannot_be_read_is_refused_with_a_code() {
    let error = |line: &str| explain_case(line)["error"]["code"].clone();
    assert_eq!(error("{"), "bad_json");
    assert_eq!(error("[]"), "not_an_object");
    assert_eq!(error("{\"id\": 1}"), "missing_field");
    assert_eq!(error("{\"id\": 1, \"events\": 3}"), "bad_field");
    assert_eq!(error("{\"id\": 1, \"events\": [3]}"), "bad_field");
    let with = |change: Value| {
        let mut event = json!({"id": "a", "kind": "found", "by": "li", "role": "volunteer", "at": "2026-03-01T09:00:00Z"});
        for (key, value) in change.as_object().expect("an object") {
            event[key] = value.clone();
        }
        json!({"id": 7, "events": [{"id": "z", "kind": "found", "at": "2026-03-01"}, event]})
            .to_string()
    };
    for (change, code) in [
        (json!({"id": "z"}), "duplicate_id"),
        (json!({"id": null}), "missing_field"),
        (json!({"kind": 3}), "bad_field"),
        (json!({"role": "king"}), "bad_field"),
        (json!({"standing": "lost"}), "bad_field"),
        (json!({"at": "2026-03-01T09:00:00"}), "bad_time"),
        (json!({"at": null}), "missing_field"),
        (json!({"deadline": "05/06/26"}), "bad_time"),
        (json!({"deadline": "1969-12-31"}), "bad_time"),
        (json!({"kind": "rechecked", "result": "so-so"}), "bad_field"),
        (json!({"level": "high"}), "bad_field"),
        (json!({"level": 4}), "bad_field"),
        (json!({"after": "a"}), "bad_field"),
        (json!({"received": [-1]}), "bad_field"),
        (json!({"suspected": "yes"}), "bad_field"),
        (json!({"anything_else": 1}), "answered"),
    ] {
        let answer = explain_case(&with(change.clone()));
        let told = answer["error"]["code"].as_str().unwrap_or("answered");
        assert_eq!(told, code, "{change}");
        assert_eq!(answer["id"], json!(7), "{change}");
    }
}

#[test]
fn a_refusal_says_which_event_it_is_about_in_both_languages() {
    let line = json!({"id": 7, "events": [
        {"id": "a", "kind": "found", "at": "2026-03-01"},
        {"id": "b", "kind": "registered", "at": "yesterday"},
    ]});
    let error = &explain_case(&line.to_string())["error"];
    assert!(
        error["en"]
            .as_str()
            .is_some_and(|en| en.contains("events[1].at")),
        "{error}"
    );
    assert!(
        error["zh"]
            .as_str()
            .is_some_and(|zh| zh.contains("events[1].at")),
        "{error}"
    );
}
