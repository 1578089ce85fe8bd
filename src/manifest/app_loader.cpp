#include "manifest/app_loader.hpp"

#include <algorithm>
#include <utility>

#include "compose/load.hpp"
#include "manifest/app_key.hpp"
#include "manifest/convert_project.hpp"
#include "manifest/digest.hpp"
#include "manifest/key_table.hpp"
#include "manifest/repository_view.hpp"
#include "manifest/target_digest.hpp"
#include "model/limits.hpp"

namespace plimsoll::manifest {
namespace {

constexpr std::size_t kTokenDigits = 16;

/// The environment and the name are part of it: the same value under two names gives two tokens.
std::string keyed_digest(const LoadContext& context, const std::string& environment, const std::string& name,
                         const Secret& secret) {
  std::string bytes;
  append_part(bytes, environment);
  append_part(bytes, name);
  append_part(bytes, secret.reveal());
  return hmac_sha256_hex(context.token_key, bytes).substr(0, kTokenDigits);
}

/// App over environment over instance; secrets over all (an app that lists one means that one).
compose::Variables variables_of(const AppInput& input) {
  compose::Variables out;
  for (const auto& [name, value] : input.instance.variables) out.set(name, value);
  for (const auto& [name, value] : input.environment.variables) out.set(name, value);
  for (const auto& [name, value] : input.app.variables) out.set(name, value);
  for (const auto& [name, token] : input.secrets.tokens) out.set(name, token);
  return out;
}

compose::LoadOptions options_for(const AppInput& input, const TargetId& id, std::size_t allowed_weight) {
  compose::LoadOptions options;
  options.stop = input.context.stop;
  options.allowed_weight = allowed_weight;
  for (const std::string& file : input.app.files) options.files.push_back(loader_path(file));
  options.project_name = project_name(id);
  options.project_directory = loader_path(input.app.directory);
  options.variables = variables_of(input);
  options.profiles = input.app.profiles;
  options.image_required = false;
  options.shown_without = std::string(kRepositoryRoot) + "/";
  return options;
}

void check_image_names(const AppInput& input, const compose::LoadedProject& loaded, Findings& findings) {
  const compose::Node* services = loaded.project->find("services");
  std::vector<std::string> known;
  for (const auto& entry : services->entries()) known.push_back(entry.key);
  for (const auto& [service, image] : input.app.images) {
    if (findings.is_full()) break;
    if (services->contains(service) || loaded.disabled_services.contains(service)) continue;
    const std::string hint = suggestion(service, known);
    findings.error(image.where, "apps." + input.app.name + ".images." + service,
                   "the app has no service \"" + service + "\"", hint.empty() ? "remove the line" : hint);
  }
  if (known.empty()) {
    findings.error({input.app.files.front()}, "services", "the app has no services that are active", "add one");
  }
}

ConversionContext conversion_context(const AppInput& input, const TargetId& id, const compose::LoadedProject& loaded,
                                     compose::Expansion& expansion, Findings& findings) {
  return {id,        input.instance, input.app, input.files, input.environment.networks, loaded.variables.values(),
          expansion, findings};
}

/// What else is wrong with an app that does not load, so that a person mends it in one round. A line with an error has
/// had its say: what conversion makes of the same line follows from it.
void add_further_errors(const AppInput& input, const TargetId& id, const compose::LoadedProject& loaded,
                        compose::Expansion& expansion, Findings& findings) {
  if (!loaded.partial) return;
  Findings further;
  ConversionContext context = conversion_context(input, id, loaded, expansion, further);
  context.partial = true;
  (void)convert_project(*loaded.partial, context);
  const Diagnostics known = findings.all();
  for (const auto& one : further.all()) {
    const bool told = one.severity != Severity::error || one.where.line == 0 ||
                      std::any_of(known.begin(), known.end(), [&one](const Diagnostic& other) {
                        return other.where.file == one.where.file && other.where.line == one.where.line;
                      });
    if (!told) findings.add(one);
  }
}

/// Null when there are errors.
std::shared_ptr<DesiredTarget> convert(const AppInput& input, const TargetId& id, const compose::LoadedProject& loaded,
                                       compose::Expansion& expansion, Findings& findings) {
  if (!loaded.project) {
    // Nothing silent: without a tree there must be an error.
    if (!findings.has_errors()) findings.error({input.app.files.front()}, "", "the app could not be loaded");
    add_further_errors(input, id, loaded, expansion, findings);
    return nullptr;
  }
  check_image_names(input, loaded, findings);
  auto target = std::make_shared<DesiredTarget>(
      convert_project(*loaded.project, conversion_context(input, id, loaded, expansion, findings)));
  if (findings.has_errors()) return nullptr;
  target->sync = input.app.sync;
  target->secrets = input.secrets.values;
  target->digest = target_digest(*target);
  return target;
}

std::shared_ptr<DesiredTarget> make_target(const AppInput& input, const TargetId& id, std::size_t allowed_weight,
                                           AppOutcome& outcome) {
  const auto loaded = compose::load_project(RepositoryView(input.files), options_for(input, id, allowed_weight));
  outcome.findings.add_all(loaded.diagnostics);
  compose::Expansion expansion(input.context.stop, allowed_weight, loaded.weight);
  std::shared_ptr<DesiredTarget> target;
  try {
    target = convert(input, id, loaded, expansion, outcome.findings);
  } catch (const compose::LoadRefusal& refusal) {
    outcome.findings.add(refusal.diagnostic);
  }
  // Of one that is too heavy, by how much says nothing.
  outcome.weight = std::min(expansion.weight(), kMaxAppWeight);
  outcome.too_heavy = expansion.is_exceeded();
  return target;
}

}  // namespace

AppSecrets read_secrets(const EnvironmentFile& environment, const AppEntry& app, const LoadContext& context,
                        Findings& findings) {
  AppSecrets out;
  SecretTable table;
  for (const std::string& name : app.secrets) {
    if (!context.read_secret) {
      out.tokens[name] = secret_token(name, "offline");
      continue;
    }
    auto value = context.read_secret(environment.name, name);
    if (!value) {
      findings.error(app.where.file.empty() ? SourcePosition{environment.file} : app.where,
                     "apps." + app.name + ".secrets", value.error().message);
      continue;
    }
    const std::string token = secret_token(name, keyed_digest(context, environment.name, name, *value));
    out.tokens[name] = token;
    table.emplace(token, std::move(*value));
  }
  if (!table.empty()) out.values = std::make_shared<const SecretTable>(std::move(table));
  return out;
}

AppOutcome load_target(const AppInput& input, const Revision& revision, std::size_t allowed_weight) {
  const TargetId id{input.environment.name, input.app.name, input.instance.name};
  AppCache* cache = input.context.cache;
  const AppCache::Entry* known = cache != nullptr ? cache->find(id) : nullptr;
  AppOutcome out;
  const bool same = known != nullptr && known->key == app_key(input, known->whole_tree);
  if (same && known->unfinished && known->weight >= allowed_weight) {
    out.weight = allowed_weight;
    out.too_heavy = true;
    return out;
  }
  if (same && !known->unfinished) {
    out.weight = known->weight;
    out.too_heavy = known->weight > allowed_weight;
    if (out.too_heavy) return out;
    if (!known->broken) out.target = known->target;
    out.findings.add_all(known->found);
    return out;
  }
  const std::shared_ptr<const DesiredTarget> last = known != nullptr ? known->target : nullptr;
  const std::shared_ptr<DesiredTarget> target = make_target(input, id, allowed_weight, out);
  // Content that came with an earlier revision keeps it: only what changed is a deployment.
  if (target) target->revision = last && last->digest == target->digest ? last->revision : revision;
  out.target = target;
  if (cache != nullptr && !input.context.stop.stop_requested()) {
    const bool unfinished = out.too_heavy && allowed_weight < kMaxAppWeight;
    if (unfinished) out.weight = allowed_weight;
    const bool whole_tree = looks_outside(input);
    cache->put(id, {app_key(input, whole_tree), whole_tree, !target, unfinished, out.findings.all(), out.weight,
                    target ? out.target : last});
  }
  return out;
}

}  // namespace plimsoll::manifest
