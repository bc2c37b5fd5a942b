use super::*;

fn answer_of(entries: Value) -> Value {
    explain_checks(&json!({"id": "q", "entries": entries}).to_string())
}

fn check(id: &str, person: &str, at: &str, result: Value) -> Value {
    json!({"kind": "check", "id": id, "person": person, "author": person, "visit": "v", "at": at, "result": result})
}

#[test]
fn checks_are_told_as_the_docs_say() {
    let answer = answer_of(json!([
        check("b", "wang", "2026-03-01T10:00:00+08:00", json!("missing")),
        check("a", "li", "2026-03-01T09:00:00+08:00", json!("normal")),
    ]));
    assert_eq!(
        answer,
        json!({"id": "q", "state": "missing", "counts": "b", "waiting": [["a", "b"]]})
    );
}

#[test]
fn faults_are_a_sorted_set() {
    let answer = answer_of(json!([check(
        "a",
        "li",
        "2026-03-01T09:00:00Z",
        json!(["rust", "blocked", "rust"])
    )]));
    assert_eq!(answer["state"], json!(["blocked", "rust"]));
}

#[test]
fn a_decision_counts_and_a_correction_speaks_for_its_check() {
    let pair = [
        check("a", "li", "2026-03-01T09:00:00Z", json!("normal")),
        check("b", "wang", "2026-03-01T09:30:00Z", json!("missing")),
    ];
    let decision = json!({"kind": "decision", "id": "d", "names": ["a", "b"], "at": "2026-03-02T09:00:00Z", "result": "normal"});
    let decided = answer_of(json!([pair[0], pair[1], decision]));
    assert_eq!(decided["counts"], "d");
    assert_eq!(decided["waiting"], json!([]));
    let correction = json!({"kind": "correction", "id": "k", "of": "b", "at": "2026-03-02T09:00:00Z", "result": "normal"});
    let corrected = answer_of(json!([pair[0], pair[1], correction]));
    assert_eq!(
        corrected,
        json!({"id": "q", "state": "normal", "counts": "b", "waiting": []})
    );
}

#[test]
fn a_date_stands_at_the_days_end() {
    let answer = answer_of(json!([
        check("a", "li", "2026-03-01", json!("normal")),
        check("b", "li", "2026-03-01T23:00:00+08:00", json!("missing")),
        check("c", "li", "2026-02-28T23:00:00+08:00", json!("missing")),
    ]));
    assert_eq!(answer["waiting"], json!([["b", "a"]]));
    assert_eq!(answer["state"], "missing");
}

#[test]
fn the_ranks_of_a_pack_may_be_given() {
    let line = json!({"id": 1, "entries": [
        check("a", "li", "2026-03-01T09:00:00Z", json!(["scratched"])),
        check("b", "wang", "2026-03-01T09:10:00Z", json!(["empty"])),
    ]})
    .to_string();
    assert_eq!(
        explain_checks(&line)["counts"],
        "b",
        "of equal rank the later"
    );
    let pack = |outcome: &Outcome| match outcome {
        Outcome::Faults(codes) if codes[0] == "scratched" => 9,
        _ => 1,
    };
    assert_eq!(explain_checks_by(&line, &pack)["counts"], "a");
}

#[test]
fn without_a_check_there_is_no_state() {
    assert_eq!(
        answer_of(json!([])),
        json!({"id": "q", "state": null, "counts": null, "waiting": []})
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_a_code() {
    let error = |entry: Value| answer_of(json!([entry]))["error"]["code"].clone();
    let at = "2026-03-01T09:00:00Z";
    assert_eq!(
        error(check("a", "li", "yesterday", json!("normal"))),
        "bad_time"
    );
    assert_eq!(error(check("a", "li", at, json!("fine"))), "bad_field");
    assert_eq!(error(check("a", "li", at, json!([1]))), "bad_field");
    assert_eq!(error(json!({"kind": "check"})), "missing_field");
    assert_eq!(
        error(json!({"kind": "correction", "id": "k", "at": at, "result": "normal"})),
        "missing_field"
    );
    assert_eq!(
        error(json!({"kind": "guess", "id": "k", "at": at, "result": "normal"})),
        "unknown_kind"
    );
}
