//! The part of the page that changes: alarms, the table of areas, the totals. What stands around it,
//! and how it reaches the browser, must not be here.

use maud::{Markup, html};

use super::view::{Alarm, AreaToday, TodayView};
use super::words::{Language, Shown, full_moment, grouped, machine_moment, query};

/// The live part. Every element that may come, go or change has an `id` or stands at a fixed place
/// under one, so that the browser can change it in place.
pub fn live_part(view: &TodayView, language: Language, shown: Shown) -> Markup {
    let words = language.words();
    let sums = Sums::of(&view.areas);
    let summary = language.summary(sums.received, sums.held, sums.contradictions);
    let waiting = view.areas.iter().filter(|a| a.needs_attention()).count();
    html! {
        main #live tabindex="-1" data-summary=(summary) {
            p.moment {
                (words.as_of) " "
                time datetime=(machine_moment(view.now)) { (full_moment(view.now)) }
                " " (words.zone) " (+08:00)"
            }
            (alarms(&view.alarms, language))
            @if view.areas.is_empty() {
                (first_step(language))
            } @else {
                nav.filter aria-label=(words.area) {
                    (filter(words.show_all, view.areas.len(), Shown::All, language, shown))
                    (filter(words.show_attention, waiting, Shown::Attention, language, shown))
                }
                (table(view, &sums, language, shown))
                p.legend { (words.legend) }
            }
        }
    }
}

fn alarms(alarms: &[Alarm], language: Language) -> Markup {
    html! {
        div #alarms {
            @if !alarms.is_empty() {
                section.alarms aria-labelledby="alarms-title" {
                    h2 #alarms-title {
                        span aria-hidden="true" { "⚠ " } (language.words().alarms)
                        " " (grouped(alarms.len() as u64))
                    }
                    ul {
                        @for alarm in alarms {
                            li {
                                @match language {
                                    Language::Chinese => (alarm.zh),
                                    Language::English => (alarm.en),
                                }
                                " " code { (alarm.code) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn first_step(language: Language) -> Markup {
    let words = language.words();
    html! {
        section #first-step.empty {
            h2 { (words.first_step) }
            p { (words.first_step_why) }
            pre tabindex="0" { code { "doorstep import areas areas.csv" } }
            p { (words.then_step) }
        }
    }
}

fn filter(text: &str, count: usize, to: Shown, language: Language, shown: Shown) -> Markup {
    html! {
        a href=(query(language, to)) aria-current=[(to == shown).then_some("page")] {
            @if to == shown { span aria-hidden="true" { "● " } }
            @else { span aria-hidden="true" { "○ " } }
            (text) " (" (grouped(count as u64)) ")"
        }
    }
}

// On a phone the style turns rows into cards, which takes a table's meaning away from screen
// readers: the roles give it back.
fn table(view: &TodayView, sums: &Sums, language: Language, shown: Shown) -> Markup {
    let words = language.words();
    let rows: Vec<&AreaToday> = view
        .areas
        .iter()
        .filter(|area| shown == Shown::All || area.needs_attention())
        .collect();
    html! {
        @if rows.is_empty() {
            p #nothing.nothing { span aria-hidden="true" { "✓ " } (words.no_attention) }
        }
        table #areas role="table" aria-label=(words.today) {
            thead role="rowgroup" {
                tr role="row" {
                    @for title in [
                        words.area, words.last_sync, words.received, words.unsent, words.held,
                        words.contradictions, words.hazards, words.phones, words.silent,
                    ] {
                        th role="columnheader" scope="col" { (title) }
                    }
                }
            }
            // First, since a city's table is long.
            tbody role="rowgroup" { (totals(sums, language)) }
            tbody role="rowgroup" {
                @for area in rows { (row(area, view.now, language)) }
            }
        }
    }
}

fn row(area: &AreaToday, now: i64, language: Language) -> Markup {
    let words = language.words();
    html! {
        tr id={ "area-" (area.code) } role="row" {
            th role="rowheader" scope="row" { (area.name) " " span.code { (area.code) } }
            td role="cell" data-label=(words.last_sync) {
                @match area.last_sync {
                    Some(at) => time datetime=(machine_moment(at)) { (language.moment(at, now)) },
                    None => (dash(words.never)),
                }
            }
            td.number role="cell" data-label=(words.received) { (grouped(area.received)) }
            td.number role="cell" data-label=(words.unsent) { (known(area.unsent, language)) }
            td.number role="cell" data-label=(words.held) { (waits("◆", area.held)) }
            td.number role="cell" data-label=(words.contradictions) {
                (waits("≠", area.contradictions))
            }
            td.number role="cell" data-label=(words.hazards) { (grouped(area.hazards_open)) }
            td.number role="cell" data-label=(words.phones) {
                (grouped(u64::from(area.phones)))
            }
            td.number role="cell" data-label=(words.silent) {
                (waits("▲", u64::from(area.phones_silent_7_days)))
            }
        }
    }
}

fn totals(sums: &Sums, language: Language) -> Markup {
    let words = language.words();
    html! {
        tr #total role="row" {
            th role="rowheader" scope="row" { (words.total) }
            td role="cell" data-label=(words.last_sync) {
                (language.synced_areas(sums.synced, sums.areas))
            }
            td.number role="cell" data-label=(words.received) { (grouped(sums.received)) }
            td.number role="cell" data-label=(words.unsent) {
                (known(sums.unsent, language))
                @if sums.told < sums.areas {
                    span.note { (language.known_areas(sums.told, sums.areas)) }
                }
            }
            td.number role="cell" data-label=(words.held) { (waits("◆", sums.held)) }
            td.number role="cell" data-label=(words.contradictions) {
                (waits("≠", sums.contradictions))
            }
            td.number role="cell" data-label=(words.hazards) { (grouped(sums.hazards)) }
            td.number role="cell" data-label=(words.phones) {
                (grouped(sums.phones))
            }
            td.number role="cell" data-label=(words.silent) { (waits("▲", sums.silent)) }
        }
    }
}

fn known(number: Option<u64>, language: Language) -> Markup {
    match number {
        Some(number) => html! { (grouped(number)) },
        None => dash(language.words().unknown),
    }
}

/// A dash for the eye, the reason for the ear.
fn dash(why: &str) -> Markup {
    html! { span.dash aria-hidden="true" { "—" } span.ear { (why) } }
}

/// A number of things that wait for somebody: with a shape when there are any.
fn waits(shape: &str, number: u64) -> Markup {
    html! {
        @if number == 0 { "0" }
        @else { span.waits { span aria-hidden="true" { (shape) " " } (grouped(number)) } }
    }
}

/// Sums over all areas, and of how many areas each is the sum.
#[derive(Default)]
struct Sums {
    areas: usize,
    synced: usize,
    received: u64,
    told: usize,
    unsent: Option<u64>,
    held: u64,
    contradictions: u64,
    hazards: u64,
    phones: u64,
    silent: u64,
}

impl Sums {
    fn of(areas: &[AreaToday]) -> Self {
        let mut sums = Self::default();
        for area in areas {
            sums.areas += 1;
            sums.synced += usize::from(area.last_sync.is_some());
            sums.received = sums.received.saturating_add(area.received);
            if let Some(unsent) = area.unsent {
                sums.told += 1;
                sums.unsent = Some(sums.unsent.unwrap_or(0).saturating_add(unsent));
            }
            sums.held = sums.held.saturating_add(area.held);
            sums.contradictions = sums.contradictions.saturating_add(area.contradictions);
            sums.hazards = sums.hazards.saturating_add(area.hazards_open);
            sums.phones += u64::from(area.phones);
            sums.silent += u64::from(area.phones_silent_7_days);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str, name: &str) -> AreaToday {
        AreaToday {
            code: code.to_owned(),
            name: name.to_owned(),
            last_sync: Some(1_795_660_000),
            received: 1200,
            unsent: Some(7),
            ..AreaToday::default()
        }
    }

    fn view(areas: Vec<AreaToday>) -> TodayView {
        TodayView {
            now: 1_795_660_325,
            organisation: "老西门街道".to_owned(),
            areas,
            alarms: vec![],
        }
    }

    fn shown(view: &TodayView, language: Language, shown: Shown) -> String {
        live_part(view, language, shown).into_string()
    }

    #[test]
    fn what_is_not_known_is_a_dash_and_stays_out_of_the_sum() {
        let mut silent = area("2", "小桃园居委会");
        silent.unsent = None;
        silent.last_sync = None;
        let mut page = view(vec![area("1", "大兴居委会"), silent]);
        let html = shown(&page, Language::English, Shown::All);
        let known_row = "data-label=\"Still on phones\">7</td>";
        let dash_row = "<span class=\"dash\" aria-hidden=\"true\">—</span><span class=\"ear\">not known</span>";
        assert!(html.contains(known_row) && html.contains(dash_row));
        let total = "7<span class=\"note\">known for 1 of 2 areas</span>";
        assert!(html.contains(total), "{html}");
        page.areas.remove(0);
        let html = shown(&page, Language::English, Shown::All);
        assert_eq!(
            html.matches(dash_row).count(),
            2,
            "a sum of nothing known is not 0"
        );
        assert!(html.contains("known for 0 of 1 area<"));
    }

    #[test]
    fn what_waits_has_a_shape_and_zero_has_none() {
        let mut busy = area("1", "大兴居委会");
        busy.held = 12;
        busy.contradictions = 3;
        busy.phones = 40;
        busy.phones_silent_7_days = 2;
        let html = shown(&view(vec![busy]), Language::Chinese, Shown::All);
        for text in ["◆ </span>12", "≠ </span>3", "▲ </span>2"] {
            assert!(html.contains(text), "{text}");
        }
        let html = shown(&view(vec![area("1", "甲")]), Language::Chinese, Shown::All);
        for shape in ["◆", "≠", "▲"] {
            assert!(!html.contains(shape), "{shape}");
        }
    }

    #[test]
    fn the_short_list_leaves_out_quiet_areas_but_not_their_numbers() {
        let mut busy = area("2", "小桃园居委会");
        busy.held = 1;
        let page = view(vec![area("1", "大兴居委会"), busy]);
        let html = shown(&page, Language::Chinese, Shown::Attention);
        assert!(html.contains("area-2") && !html.contains("area-1"));
        assert!(html.contains("2,400"), "the totals are of all areas");
        let mut without_phones = area("3", "大林居委会");
        without_phones.last_sync = None;
        let quiet = view(vec![area("1", "大兴居委会"), without_phones.clone()]);
        assert!(shown(&quiet, Language::Chinese, Shown::Attention).contains("没有要处理的地区"));
        let enrolled = AreaToday {
            phones: 1,
            ..without_phones
        };
        let html = shown(&view(vec![enrolled]), Language::Chinese, Shown::Attention);
        assert!(html.contains("area-3"), "a phone that never came");
    }

    #[test]
    fn an_office_without_areas_teaches_the_first_step() {
        let html = shown(&view(vec![]), Language::Chinese, Shown::All);
        assert!(html.contains("第一步：导入地区"));
        assert!(html.contains("doorstep import areas areas.csv"));
        assert!(!html.contains("<table"));
    }

    #[test]
    fn names_are_text_and_never_markup() {
        let mut page = view(vec![area("1", "<script>alert(1)</script>")]);
        page.alarms.push(Alarm {
            code: "a&b".to_owned(),
            zh: "<b>".to_owned(),
            en: "<i>".to_owned(),
        });
        let html = shown(&page, Language::Chinese, Shown::All);
        assert!(!html.contains("<script") && !html.contains("<b>"));
        assert!(html.contains("&lt;script&gt;") && html.contains("a&amp;b"));
    }

    #[test]
    fn the_largest_numbers_do_not_wrap_around() {
        let mut huge = area("1", "大兴居委会");
        huge.received = u64::MAX;
        let html = shown(
            &view(vec![huge.clone(), huge]),
            Language::English,
            Shown::All,
        );
        assert!(html.contains("18,446,744,073,709,551,615"));
    }
}
