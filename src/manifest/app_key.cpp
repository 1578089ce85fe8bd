#include "manifest/app_key.hpp"

#include <algorithm>

#include "manifest/digest.hpp"

namespace plimsoll::manifest {
namespace {

void append_map(std::string& out, const std::map<std::string, std::string>& values) {
  append_part(out, std::to_string(values.size()));
  for (const auto& [key, value] : values) {
    append_part(out, key);
    append_part(out, value);
  }
}

void append_entry(std::string& out, const std::string& path, const RepositoryEntry& entry) {
  append_part(out, path);
  append_part(out, std::to_string(static_cast<int>(entry.kind)));
  // Files that come from no git repository have no object id.
  append_part(out, !entry.object_id.empty() || !entry.content ? entry.object_id : sha256_hex(*entry.content));
}

/// `..` as a part of a path; not an ellipsis.
bool has_parent_step(std::string_view text) {
  for (std::size_t at = text.find(".."); at != std::string_view::npos; at = text.find("..", at + 1)) {
    const bool dot_before = at > 0 && text[at - 1] == '.';
    const bool dot_after = at + 2 < text.size() && text[at + 2] == '.';
    if (!dot_before && !dot_after) return true;
  }
  return false;
}

template <class Visit>
void for_each_below(const RepositoryFiles& files, const std::string& directory, Visit visit) {
  const std::string prefix = directory + "/";
  for (auto file = files.lower_bound(prefix); file != files.end() && file->first.starts_with(prefix); ++file) {
    visit(file->first, file->second);
  }
}

bool is_outside(const std::string& path, const std::string& directory) { return !path.starts_with(directory + "/"); }

}  // namespace

const std::string& RevisionFacts::tree_digest() {
  if (!tree_digest_.empty()) return tree_digest_;
  std::string out;
  for (const auto& [path, entry] : files_) {
    if (!path.starts_with(kEnvironmentsDirectory) && path != kInstancesFile) append_entry(out, path, entry);
  }
  return tree_digest_ = sha256_hex(out);
}

const RevisionFacts::Directory& RevisionFacts::directory(const std::string& path) {
  const auto [known, is_new] = directories_.try_emplace(path);
  Directory& facts = known->second;
  if (!is_new) return facts;
  std::string out;
  for_each_below(files_, path, [&](const std::string& file, const RepositoryEntry& entry) {
    append_entry(out, file, entry);
    facts.has_parent_steps = facts.has_parent_steps || (entry.content && has_parent_step(*entry.content));
  });
  facts.digest = sha256_hex(out);
  return facts;
}

std::string app_key(const AppInput& input, bool whole_tree) {
  std::string out = "plimsoll.app.v1;";
  append_part(out, to_string(TargetId{input.environment.name, input.app.name, input.instance.name}));
  append_part(out, input.app.fingerprint);
  append_part(out, std::to_string(input.environment.networks.size()));
  for (const std::string& network : input.environment.networks) append_part(out, network);
  append_map(out, input.environment.variables);
  append_part(out, input.instance.data_dir);
  append_map(out, input.instance.variables);
  append_map(out, input.secrets.tokens);
  if (whole_tree) {
    append_part(out, input.facts.tree_digest());
  } else {
    append_part(out, input.facts.directory(input.app.directory).digest);
    for (const std::string& file : input.app.files) append_entry(out, file, input.files.find(file)->second);
  }
  return sha256_hex(out);
}

bool looks_outside(const AppInput& input) {
  bool found = input.facts.directory(input.app.directory).has_parent_steps;
  for (const auto* variables : {&input.app.variables, &input.environment.variables, &input.instance.variables}) {
    for (const auto& [name, value] : *variables) found = found || has_parent_step(value);
  }
  for (const std::string& file : input.app.files) {
    const RepositoryEntry& entry = input.files.find(file)->second;
    const bool outside = is_outside(file, input.app.directory);
    found = found || (outside && entry.content && has_parent_step(*entry.content));
  }
  return found;
}

}  // namespace plimsoll::manifest
