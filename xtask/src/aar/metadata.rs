//! The AAR's description for Gradle: what its pom says, and what a pom cannot say, that JNA comes as an AAR.
//! Written from the pom, so that the two cannot differ.

use serde_json::{Value, json};

/// A file that is published.
pub(super) struct Artifact {
    pub(super) name: String,
    /// Bytes.
    pub(super) size: u64,
}

/// The description, by the format's version 1.1.
pub(super) fn module(pom: &str, aar: &Artifact, sources: &Artifact) -> Value {
    let variant = |name: &str, usage: &str| {
        json!({
            "name": name,
            "attributes": {
                "org.gradle.category": "library",
                "org.gradle.dependency.bundling": "external",
                "org.gradle.libraryelements": "aar",
                "org.gradle.usage": usage,
                "org.jetbrains.kotlin.platform.type": "androidJvm",
            },
            "dependencies": dependencies(pom),
            "files": [file(aar)],
        })
    };
    json!({
        "formatVersion": "1.1",
        "component": {
            "group": head(pom, "groupId"),
            "module": head(pom, "artifactId"),
            "version": head(pom, "version"),
            "attributes": { "org.gradle.status": "release" },
        },
        "variants": [
            variant("releaseApiElements", "java-api"),
            variant("releaseRuntimeElements", "java-runtime"),
            {
                "name": "releaseSourcesElements",
                "attributes": {
                    "org.gradle.category": "documentation",
                    "org.gradle.dependency.bundling": "external",
                    "org.gradle.docstype": "sources",
                    "org.gradle.usage": "java-runtime",
                },
                "files": [file(sources)],
            },
        ],
    })
}

fn file(artifact: &Artifact) -> Value {
    json!({ "name": artifact.name, "url": artifact.name, "size": artifact.size })
}

fn dependencies(pom: &str) -> Vec<Value> {
    let dependency = |told: &str| {
        let name = text(told, "artifactId")?;
        let mut dependency = json!({
            "group": text(told, "groupId")?,
            "module": name,
            "version": { "requires": text(told, "version")? },
        });
        if let Some(kind) = text(told, "type") {
            dependency["thirdPartyCompatibility"] = json!({
                "artifactSelector": { "name": name, "type": kind, "extension": kind },
            });
        }
        Some(dependency)
    };
    pom.split("<dependency>")
        .skip(1)
        .filter_map(dependency)
        .collect()
}

/// What a pom says of itself: before its dependencies.
fn head<'a>(pom: &'a str, tag: &str) -> Option<&'a str> {
    text(pom.split("<dependencies>").next()?, tag)
}

fn text<'a>(told: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = told.split_once(&format!("<{tag}>"))?;
    rest.split_once("</").map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Artifact, module};

    #[test]
    fn gradle_is_told_what_the_pom_says_and_that_jna_is_an_aar() {
        let pom = include_str!("../../../bindings/kotlin/android/doorstep.pom");
        let artifact = |name: &str| Artifact {
            name: name.to_owned(),
            size: 7,
        };
        let module = module(pom, &artifact("a.aar"), &artifact("a-sources.jar"));
        assert_eq!(module["component"]["module"], "doorstep-android");
        assert_eq!(module["component"]["version"], "VERSION");
        let told = module["variants"][0]["dependencies"].as_array();
        let told = told.map(Vec::as_slice).unwrap_or_default();
        assert_eq!(told.len(), pom.matches("<dependency>").count());
        assert!(
            told.iter()
                .all(|one| one["version"]["requires"].is_string())
        );
        let jna = told.iter().find(|one| one["module"] == "jna").unwrap();
        let selector = json!({ "name": "jna", "type": "aar", "extension": "aar" });
        assert_eq!(jna["thirdPartyCompatibility"]["artifactSelector"], selector);
        let files = json!([{ "name": "a.aar", "url": "a.aar", "size": 7 }]);
        assert_eq!(module["variants"][1]["files"], files);
        // Without it Gradle does not look for the description.
        assert!(pom.contains("<!-- do_not_remove: published-with-gradle-metadata -->"));
    }
}
