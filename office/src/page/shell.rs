//! What stands around the live part: head, style, script, and the policy that lets nothing else run.
//! The numbers must not be here.

use std::sync::LazyLock;

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::palette::{DARK, LIGHT};
use super::today::live_part;
use super::view::TodayView;
use super::words::{Language, Shown, query};

static STYLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        ":root{{{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}{}",
        LIGHT.css(),
        DARK.css(),
        include_str!("today.css")
    )
});

const SCRIPT: &str = include_str!("today.js");

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(&STYLE),
        hash(SCRIPT)
    )
});

/// The Content-Security-Policy of every page: the page's own style and script, its own live update,
/// nothing else.
pub fn content_security_policy() -> &'static str {
    &POLICY
}

/// The whole Today page.
pub fn today_page(view: &TodayView, language: Language, shown: Shown) -> Markup {
    let words = language.words();
    let title = format!(
        "{} · {} · {}",
        words.today, view.organisation, words.product
    );
    let address = query(language, shown);
    let head = html! {
        noscript { meta http-equiv="refresh" content="30"; }
    };
    let body = html! {
        a.skip href="#live" { (words.skip) }
        header {
            div {
                p.organisation { (view.organisation) }
                h1 { (words.today) }
            }
            nav {
                a href=(address) { span aria-hidden="true" { "↻ " } (words.refresh) }
                a href=(query(language.other(), shown)) lang=(language.other().words().tag)
                    hreflang=(language.other().words().tag) { (words.other_language) }
            }
        }
        p #status role="status" aria-live="polite"
            data-live=(words.live) data-lost=(words.lost) data-events={ "events" (address) } {
            span #status-shape aria-hidden="true" { "○" } " "
            span #status-text { (words.still) }
        }
        (live_part(view, language, shown))
        script { (PreEscaped(SCRIPT)) }
    };
    document(&title, language, &head, &body)
}

/// The page when the desk cannot answer.
pub fn trouble_page(language: Language) -> Markup {
    let words = language.words();
    let head = html! { meta http-equiv="refresh" content="30"; };
    let body = html! {
        main {
            section.alarms {
                h1 { span aria-hidden="true" { "⚠ " } (words.trouble) }
                p { (words.trouble_next) }
                p { a href=(query(language, Shown::All)) { (words.refresh) } }
            }
        }
    };
    document(words.trouble, language, &head, &body)
}

fn document(title: &str, language: Language, head: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.words().tag) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE.as_str())) }
                (head)
            }
            body { (body) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> TodayView {
        TodayView {
            now: 1_795_660_325,
            organisation: "老西门街道".to_owned(),
            areas: vec![],
            alarms: vec![],
        }
    }

    #[test]
    fn the_policy_names_exactly_the_style_and_script_that_the_page_carries() {
        let html = today_page(&empty(), Language::Chinese, Shown::All).into_string();
        for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
            let (_, rest) = html.split_once(&format!("<{element}>")).unwrap();
            let (text, _) = rest.split_once(&format!("</{element}>")).unwrap();
            let hash = BASE64.encode(&Sha256::digest(text.as_bytes()));
            let allowed = format!("{directive} 'sha256-{hash}'");
            assert!(content_security_policy().contains(&allowed), "{element}");
        }
        assert!(!html.contains("style=\"") && !html.contains("onclick"));
    }

    #[test]
    fn the_page_asks_for_nothing_outside_itself() {
        for language in [Language::Chinese, Language::English] {
            let html = today_page(&empty(), language, Shown::All).into_string();
            assert!(!html.contains("http://") && !html.contains("https://"));
            assert!(!html.contains("src=") && !html.contains("@import"));
        }
    }

    #[test]
    fn each_language_leads_to_the_other_and_keeps_what_is_shown() {
        let html = today_page(&empty(), Language::Chinese, Shown::Attention).into_string();
        assert!(html.contains("<html lang=\"zh-CN\">"));
        assert!(html.contains("href=\"?lang=en&amp;show=attention\""));
        let html = today_page(&empty(), Language::English, Shown::All).into_string();
        assert!(html.contains("<html lang=\"en\">"));
        assert!(html.contains("href=\"?lang=zh\""));
    }

    #[test]
    fn english_is_complete() {
        let html = today_page(&empty(), Language::English, Shown::All).into_string();
        let chinese: String = html
            .chars()
            .filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c))
            .collect();
        assert_eq!(
            chinese, "老西门街道老西门街道中文",
            "the name, twice, and the way back"
        );
    }
}
