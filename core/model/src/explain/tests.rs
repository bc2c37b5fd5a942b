//! Questions as an outside checker would ask them, and the examples of the documentation.

use std::collections::BTreeSet;

use super::*;

fn due(fields: Value) -> Value {
    explain_due(&Packs::shipped(), &fields.to_string())
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or("answered")
}

/// A question about a Chinese powder bottle with these fields put in or, with `null`, taken out.
fn bottle(changes: Value) -> Value {
    let mut question = json!({"id": 7, "market": "CN", "asset": "extinguisher.dry_powder", "factory": "2021-11",
        "services": [], "last": {"look": "2026-10-01"}, "registered": "2022-01-05", "on": "2026-10-14"});
    for (field, value) in changes.as_object().unwrap() {
        question[field] = value.clone();
    }
    question
}

#[test]
fn the_examples_of_the_documentation_are_answered_as_it_says() {
    let packs = Packs::shipped();
    let document = include_str!("../../../../docs/explain.md");
    let mut answered = BTreeSet::new();
    for section in document.split("\n## ").skip(1) {
        let heading = section.split_whitespace().next().unwrap();
        let explain: fn(&Packs<'_>, &str) -> Value = match heading.trim_matches('`') {
            "due" => explain_due,
            "quota" => explain_quota,
            "rating" => explain_rating,
            _ => continue,
        };
        for example in section.split("```json\n").skip(1) {
            let example = example.split("\n```").next().unwrap();
            let (question, answer) = example.split_once('\n').unwrap();
            let expected: Value = serde_json::from_str(answer).unwrap();
            assert_eq!(explain(&packs, question), expected, "{question}");
            answered.insert(heading);
        }
    }
    assert_eq!(
        answered.len(),
        3,
        "every section of ours has an example: {answered:?}"
    );
}

#[test]
fn an_answer_has_exactly_the_fields_of_the_schema() {
    let answer = due(bottle(json!({})));
    assert_eq!(
        answer.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["id", "obligations"]
    );
    assert_eq!(answer["id"], 7);
    for owed in answer["obligations"].as_array().unwrap() {
        let fields: BTreeSet<&str> = owed
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let schema = [
            "kind",
            "due_month",
            "last_allowed_day",
            "status",
            "clause",
            "evidence",
            "reading",
        ];
        assert_eq!(fields, BTreeSet::from(schema));
        assert!(owed["reading"].is_boolean());
    }
}

#[test]
fn the_id_comes_back_as_it_was_whatever_happens() {
    for id in [json!("a-1"), json!(0), json!(-3), json!("")] {
        assert_eq!(due(bottle(json!({"id": id})))["id"], id);
        assert_eq!(due(bottle(json!({"id": id, "market": "FR"})))["id"], id);
    }
    for line in [
        "",
        "{",
        "[]",
        "3",
        r#"{"market":"CN"}"#,
        r#"{"id":[1]}"#,
        r#"{"id":1.5}"#,
    ] {
        let answer = explain_due(&Packs::shipped(), line);
        assert_eq!(answer["id"], Value::Null, "{line}");
        assert!(answer["error"]["code"].is_string(), "{line}");
    }
}

#[test]
fn bad_input_is_refused_with_its_code_and_words_in_both_languages() {
    for (changes, expected) in [
        (json!({"id": null}), "missing_field"),
        (json!({"market": null}), "missing_field"),
        (json!({"asset": null}), "missing_field"),
        (json!({"on": null}), "missing_field"),
        (json!({"market": "cn"}), "unknown_market"),
        (json!({"market": 1}), "bad_field"),
        (json!({"asset": "extinguisher.sand"}), "unknown_asset"),
        (json!({"asset": "Extinguisher.water"}), "unknown_asset"),
        (json!({"factory": "2021-13"}), "bad_month"),
        (json!({"factory": "2021"}), "bad_month"),
        (json!({"factory": "2021-11-01"}), "bad_month"),
        (json!({"factory": "Unreadable"}), "bad_month"),
        (json!({"factory": 2021}), "bad_field"),
        (json!({"services": "2026-10"}), "bad_field"),
        (json!({"services": ["2026-10", 3]}), "bad_field"),
        (json!({"services": ["2026-1"]}), "bad_month"),
        (json!({"services": ["2026-10-05"]}), "bad_month"),
        (json!({"last": []}), "bad_field"),
        (json!({"last": {"look": "2026-02-30"}}), "bad_date"),
        (json!({"last": {"look": null}}), "bad_field"),
        (
            json!({"last": {"exam": "2026-02-03"}}),
            "unknown_obligation",
        ),
        (
            json!({"last": {"scrap": "2026-02-03"}}),
            "unknown_obligation",
        ),
        (json!({"registered": "05/06/26"}), "bad_date"),
        (json!({"on": "2026-02-29"}), "bad_date"),
        (json!({"on": "2026-10"}), "bad_date"),
        (json!({"maker_life_years": 0}), "bad_field"),
        (json!({"maker_life_years": 100}), "bad_field"),
        (json!({"maker_life_years": 4_294_967_306_u64}), "bad_field"),
        (json!({"maker_life_years": 9.5}), "bad_field"),
        (json!({"maker_life_years": "10"}), "bad_field"),
        (json!({"factroy": "2021-11"}), "unknown_field"),
        (json!({"factory": "2026-11"}), "factory_after_on"),
        (json!({"services": ["2021-10"]}), "service_before_factory"),
        (
            json!({"services": ["2026-10", "2021-10"]}),
            "service_before_factory",
        ),
        (
            json!({"last": {"service": "2021-10-31"}}),
            "service_before_factory",
        ),
    ] {
        let answer = due(bottle(changes.clone()));
        assert_eq!(code(&answer), expected, "{changes}: {answer}");
        assert!(answer.get("obligations").is_none());
        for lang in ["zh", "en"] {
            let words = answer["error"][lang].as_str().unwrap();
            assert!(
                !words.contains('{') && !words.starts_with("explain."),
                "{words}"
            );
        }
        assert_ne!(answer["error"]["zh"], answer["error"]["en"]);
    }
}

#[test]
fn the_month_itself_is_no_mistake() {
    for changes in [
        json!({"factory": "2026-10"}),
        json!({"services": ["2021-11"]}),
        json!({"last": {"look": "2021-10-01"}}),
        json!({"services": [], "last": {}, "registered": null, "maker_life_years": null}),
    ] {
        assert_eq!(code(&due(bottle(changes.clone()))), "answered", "{changes}");
    }
}

#[test]
fn absent_and_null_factory_months_are_not_recorded() {
    let absent =
        json!({"id": 1, "market": "CN", "asset": "extinguisher.dry_powder", "on": "2026-10-14"});
    let mut null = absent.clone();
    null["factory"] = Value::Null;
    assert_eq!(due(absent.clone()), due(null));
    let kinds: Vec<Value> = due(absent)["obligations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|owed| owed["kind"].clone())
        .collect();
    assert_eq!(
        kinds,
        ["look", "closer_look", "service", "scrap", "find_month"]
    );
}

#[test]
fn another_pack_answers_for_its_market_only() {
    let json =
        include_str!("../../packs/cn.json").replace("\"from_factory\": 60", "\"from_factory\": 48");
    let stricter = Pack::parse(&json).unwrap();
    let packs = Packs::shipped().with(&stricter);
    let month = |packs: &Packs<'_>, market: &str| {
        let answer = explain_due(packs, &bottle(json!({"market": market})).to_string());
        answer["obligations"][2]["due_month"].clone()
    };
    assert_eq!(month(&Packs::shipped(), "CN"), "2026-11");
    assert_eq!(month(&packs, "CN"), "2025-11");
    assert_eq!(month(&packs, "UK"), month(&Packs::shipped(), "UK"));
}

#[test]
fn a_quota_counts_what_is_away() {
    for (question, without_loan, need_loan) in [
        (json!({"id": 1, "bottles": 10, "to_service": 3}), 2, 1),
        (
            json!({"id": 1, "bottles": 3, "away": 0, "to_service": 3}),
            0,
            3,
        ),
        (
            json!({"id": 1, "bottles": 8, "away": 1, "to_service": 2, "market": "CN"}),
            1,
            1,
        ),
        (
            json!({"id": 1, "bottles": 8, "away": 2, "loans": 1, "to_service": 2}),
            1,
            1,
        ),
    ] {
        let answer = explain_quota(&Packs::shipped(), &question.to_string());
        assert_eq!(
            (&answer["without_loan"], &answer["need_loan"]),
            (&json!(without_loan), &json!(need_loan)),
            "{question}"
        );
        assert_eq!(answer["clause"], "GB 50444-2008 5.1.2");
    }
}

#[test]
fn quotas_that_cannot_be_are_refused() {
    for (question, expected) in [
        (
            json!({"id": 1, "bottles": 3, "away": 2, "to_service": 2}),
            "more_away_than_bottles",
        ),
        (
            json!({"id": 1, "bottles": 3, "away": 1, "loans": 2, "to_service": 0}),
            "more_loans_than_away",
        ),
        (
            json!({"id": 1, "bottles": -1, "to_service": 0}),
            "bad_field",
        ),
        (
            json!({"id": 1, "bottles": 1.5, "to_service": 0}),
            "bad_field",
        ),
        (
            json!({"id": 1, "bottles": 100_001, "to_service": 0}),
            "bad_field",
        ),
        (json!({"id": 1, "bottles": 10}), "missing_field"),
        (
            json!({"id": 1, "bottles": 10, "to_service": 1, "market": "US"}),
            "no_rule",
        ),
        (
            json!({"id": 1, "bottles": 10, "to_service": 1, "spare": 1}),
            "unknown_field",
        ),
    ] {
        assert_eq!(
            code(&explain_quota(&Packs::shipped(), &question.to_string())),
            expected,
            "{question}"
        );
    }
}

#[test]
fn a_rating_follows_the_floor_area() {
    for (area, count) in [
        (json!(0), 0),
        (json!(100), 0),
        (json!(101), 1),
        (json!(100.5), 1),
        (json!(200), 2),
        (json!(201), 2),
    ] {
        let answer = explain_rating(
            &Packs::shipped(),
            &json!({"id": "r", "floor_area": area}).to_string(),
        );
        assert_eq!(answer["rating_1a"], count, "{area} m²");
        assert_eq!(answer["reading"], area == 200, "{area} m²");
    }
    for (question, expected) in [
        (json!({"id": 1, "floor_area": -0.1}), "bad_field"),
        (json!({"id": 1, "floor_area": "100"}), "bad_field"),
        (json!({"id": 1, "floor_area": 1e9}), "bad_field"),
        (json!({"id": 1}), "missing_field"),
        (
            json!({"id": 1, "floor_area": 100, "market": "UK"}),
            "no_rule",
        ),
    ] {
        assert_eq!(
            code(&explain_rating(&Packs::shipped(), &question.to_string())),
            expected,
            "{question}"
        );
    }
}
