#include "compose/extends.hpp"

#include <algorithm>

#include "compose/canonical.hpp"
#include "compose/interpolate_tree.hpp"
#include "compose/merge.hpp"
#include "compose/resolve_paths.hpp"
#include "compose/text_split.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {

void ExtendsResolver::resolve(Node& document, const ResetPaths& resets) {
  Node* services = document.find("services");
  if (services == nullptr || !services->is_mapping()) return;
  const auto& entries = services->entries();
  if (std::none_of(entries.begin(), entries.end(), [](const Node::Entry& e) { return e.value.contains("extends"); }))
    return;
  Source source{*services, resets};
  std::vector<std::string> names;
  for (const Node::Entry& entry : entries) names.push_back(entry.key);
  for (const std::string& name : names) {
    Chain chain;
    resolve_service(source, path_, name, chain);
  }
  *services = std::move(source.services);
}

bool ExtendsResolver::enter(Chain& chain, const std::string& file, const std::string& name, const Place& where) {
  constexpr std::size_t kMaxSteps = 100;
  Report& report = loader_.report_;
  const std::pair<std::string, std::string> step{file, name};
  if (std::find(chain.begin(), chain.end(), step) != chain.end()) {
    report.error(where, "services." + name + ".extends", "extends closes a cycle", "remove one of the extends");
    return false;
  }
  if (chain.size() >= kMaxSteps) {
    report.error(where, "services." + name + ".extends", "more than " + std::to_string(kMaxSteps) + " steps",
                 "use fewer");
    return false;
  }
  chain.push_back(step);
  return true;
}

/// After it, the service has no `extends`. False when that failed.
bool ExtendsResolver::resolve_service(Source& source, const std::string& file, const std::string& name, Chain& chain) {
  Report& report = loader_.report_;
  const Node* service = source.services.find(name);
  const Node* found = service == nullptr ? nullptr : service->find("extends");
  if (found == nullptr) return true;
  const Node extends = *found;
  const std::string path = "services." + name + ".extends";
  const Node* reference = extends.is_mapping() ? extends.find("service") : &extends;
  source.services.find(name)->erase("extends");
  if (reference == nullptr || !reference->is_string()) {
    report.error(extends.place(), path, "names no service", "write extends: {service: NAME}");
    return false;
  }
  const bool entered = enter(chain, file, name, extends.place());
  if (!entered) return false;
  const std::string& wanted = reference->string();
  const auto [base_source, base_path] = find_source(source, file, extends, path);
  if (base_source == nullptr) return false;
  if (!base_source->services.contains(wanted)) {
    report.error(reference->place(), path, "service " + mask_secrets(wanted) + " is not in " + loader_.shown(base_path),
                 "correct the service or the file");
    return false;
  }
  // While the base is resolved, this service must still look unresolved, or a cycle would go unseen.
  source.services.find(name)->set("extends", extends, extends.place());
  const bool resolved = resolve_service(*base_source, base_path, wanted, chain);
  chain.pop_back();
  source.services.find(name)->erase("extends");
  if (!resolved) return false;
  merge_base(source, name, *base_source->services.find(wanted));
  return true;
}

std::pair<ExtendsResolver::Source*, std::string> ExtendsResolver::find_source(Source& source, const std::string& file,
                                                                              const Node& extends,
                                                                              const std::string& at) {
  const Node* other = extends.find("file");
  if (other == nullptr) return {&source, file};
  const std::string path = join_path(context_.directory, other->as_text());
  return {path == file ? &source : open(path, other->place(), at), path};
}

void ExtendsResolver::merge_base(Source& source, const std::string& name, const Node& base) {
  loader_.report_.expansion().add(base, base.place());
  loader_.report_.expansion().add(source.resets.size(), 0, base.place());
  Node services = Node::make_mapping();
  services.set(name, base);
  Node document = Node::make_mapping();
  document.set("services", std::move(services));
  apply_resets(document, source.resets);
  Node* kept = document.find("services")->find(name);
  Node& own = *source.services.find(name);
  if (kept != nullptr) own = merge_service(std::move(*kept), own, loader_.report_);
}

ExtendsResolver::Source* ExtendsResolver::open(const std::string& file, const Place& where, const std::string& at) {
  if (auto known = sources_.find(file); known != sources_.end()) return &known->second;
  if (!loader_.count_file(where)) return nullptr;
  Report& report = loader_.report_;
  Node merged;
  ResetPaths resets;
  for (Node document : loader_.parse(file, where, at)) {
    if (!document.is_mapping()) {
      report.error(document.place(), "", "the top level must be a mapping, not " + std::string(document.kind_name()),
                   "start with services:");
      continue;
    }
    ResetPaths own = take_resets(document);
    interpolate_tree(document, context_.variables.lookup(), loader_.options_.unset_is_error, report);
    apply_resets(merged, own);
    resets.insert(resets.end(), own.begin(), own.end());
    merged = merge_documents(std::move(merged), document, report);
    report.expansion().add(merged, where);
  }
  if (loader_.is_broken(file)) return nullptr;
  remove_duplicates(merged, report);
  make_canonical(merged, loader_.options_.strict, report);
  remove_duplicates(merged, report);
  resolve_paths(merged, directory_of(file), loader_.options_.home_directory, report.expansion());
  const Node* services = merged.find("services");
  if (services == nullptr || !services->is_mapping()) {
    report.error(where, at, loader_.shown(file) + " has no services", "correct the file");
    return nullptr;
  }
  return &sources_.emplace(file, Source{*services, std::move(resets)}).first->second;
}

}  // namespace plimsoll::compose
