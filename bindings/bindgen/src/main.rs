//! The generator of the bindings, at the version of uniffi that the library was built with; and the list
//! of what a library exports, for the table of what is tested in which language. Nothing else.

use std::process::ExitCode;

use camino::Utf8Path;
use uniffi_bindgen::macro_metadata::extract_from_library;
use uniffi_meta::Metadata;

/// Modules of what no app has.
const TESTKIT: &str = "doorstep_ffi::testkit";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [task, library] if task == "items" => list(Utf8Path::new(library)),
        _ => {
            uniffi::uniffi_bindgen_main();
            ExitCode::SUCCESS
        }
    }
}

/// Says each item alone on a line, in the order of the alphabet.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program")]
fn list(library: &Utf8Path) -> ExitCode {
    match extract_from_library(library) {
        Ok(metadata) => {
            let mut items: Vec<String> = metadata.iter().flat_map(items).collect();
            items.sort();
            items.iter().for_each(|item| println!("{item}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What one piece of metadata exports: functions, fields, variants with their fields, own types.
fn items(metadata: &Metadata) -> Vec<String> {
    if metadata.module_path().starts_with(TESTKIT) {
        return Vec::new();
    }
    match metadata {
        Metadata::Func(function) => vec![function.name.clone()],
        Metadata::Constructor(made) => vec![format!("{}.{}", made.self_name, made.name)],
        Metadata::Method(method) => vec![format!("{}.{}", method.self_name, method.name)],
        Metadata::CustomType(own) => vec![own.name.clone()],
        Metadata::Record(record) => {
            let fields = record.fields.iter();
            fields
                .map(|field| format!("{}.{}", record.name, field.name))
                .collect()
        }
        Metadata::Enum(kinds) => {
            let mut found = Vec::new();
            for variant in &kinds.variants {
                let variant_name = format!("{}.{}", kinds.name, variant.name);
                let fields = variant.fields.iter();
                found.extend(fields.map(|field| format!("{variant_name}.{}", field.name)));
                found.push(variant_name);
            }
            found
        }
        Metadata::Namespace(_)
        | Metadata::UdlFile(_)
        | Metadata::Object(_)
        | Metadata::CallbackInterface(_)
        | Metadata::TraitMethod(_)
        | Metadata::UniffiTrait(_)
        | Metadata::ObjectTraitImpl(_) => Vec::new(),
    }
}
