//! The platforms' own schemas, with unknown fields refused.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Schemas by kind.
pub struct Schemas {
    folder: PathBuf,
    built_in: Value,
    by_kind: BTreeMap<&'static str, &'static str>,
    /// One validator for each kind, made when it is first asked.
    validators: RefCell<BTreeMap<String, jsonschema::Validator>>,
}

impl Schemas {
    /// Those beside the project, or in the folder of `SWITCHBACK_SCHEMAS`.
    pub fn find() -> Option<Schemas> {
        let folder = std::env::var_os("SWITCHBACK_SCHEMAS").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/schemas"),
            PathBuf::from,
        );
        let text =
            std::fs::read_to_string(folder.join("kubernetes/v1.36.0-strict-definitions.json"))
                .ok()?;
        Some(Schemas {
            built_in: serde_json::from_str(&text).expect("JSON"),
            folder,
            by_kind: BTreeMap::from([
                ("argoproj.io/Rollout", "argo-rollouts/rollout-crd.yaml"),
                (
                    "argoproj.io/AnalysisTemplate",
                    "argo-rollouts/analysis-template-crd.yaml",
                ),
                (
                    "gateway.networking.k8s.io/HTTPRoute",
                    "gateway-api/standard-httproutes.yaml",
                ),
                (
                    "monitoring.coreos.com/PrometheusRule",
                    "prometheus-operator/prometheusrules-crd.yaml",
                ),
                (
                    "serving.knative.dev/Service",
                    "knative-serving/service-crd.yaml",
                ),
                (
                    "networking.istio.io/VirtualService",
                    "istio/virtualservice-crd.yaml",
                ),
                (
                    "networking.istio.io/DestinationRule",
                    "istio/destinationrule-crd.yaml",
                ),
            ]),
            validators: RefCell::default(),
        })
    }

    /// What is wrong with a document.
    pub fn faults(&self, document: &Value) -> Vec<String> {
        let api = document["apiVersion"].as_str().expect("an apiVersion");
        let kind = document["kind"].as_str().expect("a kind");
        let (group, version) = api.split_once('/').unwrap_or(("", api));
        let mut validators = self.validators.borrow_mut();
        let validator = validators
            .entry(format!("{api} {kind}"))
            .or_insert_with(|| {
                let schema = match self.by_kind.get(format!("{group}/{kind}").as_str()) {
                    Some(path) => self.custom(path, version),
                    None => self.of_built_in(group, version, kind),
                };
                jsonschema::validator_for(&schema).expect("a schema")
            });
        validator
            .iter_errors(document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }

    fn custom(&self, path: &str, version: &str) -> Value {
        let text = std::fs::read_to_string(self.folder.join(path)).expect("a definition");
        let definition: Value = serde_saphyr::from_str(&text).expect("YAML");
        let versions = definition["spec"]["versions"].as_array().expect("versions");
        let found = versions
            .iter()
            .find(|known| known["name"] == version)
            .expect("the version");
        let mut schema = found["schema"]["openAPIV3Schema"].clone();
        strict(&mut schema);
        // what every object has, and a definition leaves out
        for key in ["apiVersion", "kind"] {
            schema["properties"][key] = json!({ "type": "string" });
        }
        schema["properties"]["metadata"] = json!({
            "type": "object",
            "required": ["name"],
            "additionalProperties": false,
            "properties": {
                "name": { "type": "string" },
                "namespace": { "type": "string" },
                "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                "annotations": { "type": "object", "additionalProperties": { "type": "string" } },
            },
        });
        schema
    }

    fn of_built_in(&self, group: &str, version: &str, kind: &str) -> Value {
        let definitions = self.built_in["$defs"].as_object().expect("definitions");
        let is = |known: &Value| {
            known["group"] == group && known["version"] == version && known["kind"] == kind
        };
        let (name, _) = definitions
            .iter()
            .find(|(_, definition)| {
                definition["x-kubernetes-group-version-kind"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(is))
            })
            .unwrap_or_else(|| panic!("no schema of {group}/{version} {kind}"));
        let mut schema = self.built_in.clone();
        schema["$ref"] = format!("#/$defs/{name}").into();
        schema
    }
}

/// Turns a structural schema of OpenAPI into one of JSON Schema that refuses unknown fields.
fn strict(schema: &mut Value) {
    let Value::Object(object) = schema else {
        return;
    };
    if object.remove("x-kubernetes-int-or-string").is_some() {
        object.remove("type");
        object.remove("anyOf");
        object.insert("type".into(), json!(["integer", "string"]));
    }
    if object.remove("nullable") == Some(Value::Bool(true))
        && let Some(Value::String(kind)) = object.get("type").cloned()
    {
        object.insert("type".into(), json!([kind, "null"]));
    }
    let open = object.remove("x-kubernetes-preserve-unknown-fields") == Some(Value::Bool(true));
    let closed = object.get("type") == Some(&json!("object"))
        && !open
        && object.get("additionalProperties").is_none();
    if closed && object.contains_key("properties") {
        object.insert("additionalProperties".into(), Value::Bool(false));
    }
    // formats such as int32 mean nothing to a validator of JSON
    object.remove("format");
    let nested: fn(&mut Map<String, Value>) = |map| map.values_mut().for_each(strict);
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        nested(properties);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(key) {
            strict(inner);
        }
    }
}
