//! Files as spreadsheets and editors leave them.

use super::*;

const COLUMNS: &[Column] = &[
    Column::required("code", "代码", 10),
    Column::required("name", "名称", 10),
    Column::optional("from", "起", 10),
];

fn codes(bytes: &[u8]) -> Vec<(u64, &'static str)> {
    let problems = read(bytes, COLUMNS).1;
    problems
        .iter()
        .map(|problem| (problem.line, problem.code))
        .collect()
}

fn rows(bytes: &[u8]) -> Vec<(u64, String)> {
    let rows = read(bytes, COLUMNS).0;
    rows.iter()
        .map(|row| (row.line, row.cell("name").to_owned()))
        .collect()
}

#[test]
fn a_mark_at_the_front_and_either_line_end_read_alike() {
    let plain = "code,name\n1,文庙\n2,大兴\n";
    let wanted = vec![(2, "文庙".to_owned()), (3, "大兴".to_owned())];
    let dressed = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    assert_eq!(rows(plain.as_bytes()), wanted);
    assert_eq!(rows(dressed.as_bytes()), wanted);
    assert_eq!(
        rows("名称,代码\n文庙,1".as_bytes()),
        [(2, "文庙".to_owned())]
    );
}

#[test]
fn columns_are_listed_expected_and_found() {
    for header in [
        "code\n",
        "code,nam\n",
        "code,name,code\n",
        "code;name\n",
        "code,name,until\n",
    ] {
        let (rows, problems) = read(format!("{header}1,x\n").as_bytes(), COLUMNS);
        assert!(rows.is_empty(), "{header}");
        let [problem] = &problems[..] else {
            panic!("{header}: one problem")
        };
        assert_eq!(
            (problem.code, problem.severity),
            ("import.columns", Severity::File)
        );
        for text in [&problem.zh, &problem.en] {
            assert!(text.contains("code(代码),name(名称),[from(起)]"), "{text}");
            assert!(text.contains(header.trim()), "{text}");
        }
    }
    assert_eq!(codes(b""), [(0, "import.empty")]);
}

#[test]
fn a_byte_that_is_no_text_names_its_line_and_leaves_the_others() {
    let file = b"code,name\n1,a\n\n2,\xce\xc4\xc3\xed\n3,\"b\nc \xff\"\n4,d\n";
    assert_eq!(
        codes(file),
        [(4, "import.not_utf8"), (6, "import.not_utf8")]
    );
    assert_eq!(rows(file), [(2, "a".to_owned()), (7, "d".to_owned())]);
    assert_eq!(codes(b"c\xffde,name\n1,a\n"), [(1, "import.not_utf8")]);
}

#[test]
fn nul_refuses_the_row_and_other_characters_are_cleaned_with_a_warning() {
    let file = "code,name\n1,a\0b\n2,\u{202e}文\u{200f}庙\u{7}\n3,c\n";
    assert_eq!(
        codes(file.as_bytes()),
        [(2, "import.nul"), (3, "import.cleaned")]
    );
    let kept = [(3, "文庙".to_owned()), (4, "c".to_owned())];
    assert_eq!(rows(file.as_bytes()), kept);
}

#[test]
fn a_row_that_is_cut_or_swallows_the_next_is_refused() {
    assert_eq!(
        codes(b"code,name\n1\n2,b,c\n3,d\n"),
        [(2, "import.cell_count"), (3, "import.cell_count"),]
    );
    assert_eq!(codes(b"code,name\n1,\"a\n2,b\n3,c"), [(2, "import.quotes")]);
    assert_eq!(
        codes(b"code,name\n1,12345678901\n"),
        [(2, "import.cell_too_long")]
    );
}

#[test]
fn rows_without_anything_are_no_rows() {
    let file = b"code,name\r\n,\r\n\r\n 1 , a b \r\n,,,\r\n";
    assert_eq!(codes(file), []);
    assert_eq!(rows(file), [(4, "a b".to_owned())]);
}

#[test]
fn a_file_above_the_limit_is_refused_as_a_whole() {
    assert_eq!(
        codes(&vec![b'x'; FILE_MAX + 1]),
        [(0, "import.file_too_large")]
    );
    let mut rows = String::from("code,name\n");
    for _ in 0..=ROWS_MAX {
        rows.push_str("1,a\n");
    }
    assert_eq!(codes(rows.as_bytes()), [(0, "import.too_many_rows")]);
}
