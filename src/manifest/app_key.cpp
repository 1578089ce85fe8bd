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

std::string app_key(const AppInput& input, bool whole_tree) {
  std::string out = "plimsoll.app.v1;";
  append_part(out, to_string(TargetId{input.environment.name, input.app.name, input.instance.name}));
  append_part(out, input.app.fingerprint);
  append_part(out, std::to_string(input.environment.networks.size()));
  for (const std::string& network : input.environment.networks) append_part(out, network);
  append_part(out, input.instance.data_dir);
  append_map(out, input.instance.variables);
  append_map(out, input.secrets.tokens);
  append_part(out, std::to_string(input.context.defaults.min_ready.count()));
  append_part(out, input.context.defaults.data_dir);
  const auto add = [&out](const std::string& path, const RepositoryEntry& entry) { append_entry(out, path, entry); };
  if (whole_tree) {
    for (const auto& [path, entry] : input.files) {
      if (!path.starts_with(kEnvironmentsDirectory) && path != kInstancesFile) add(path, entry);
    }
  } else {
    for_each_below(input.files, input.app.directory, add);
    for (const std::string& file : input.app.files) add(file, input.files.find(file)->second);
  }
  return sha256_hex(out);
}

bool looks_outside(const AppInput& input) {
  bool found = false;
  for_each_below(input.files, input.app.directory, [&found](const std::string&, const RepositoryEntry& entry) {
    found = found || (entry.content && has_parent_step(*entry.content));
  });
  for (const auto* variables : {&input.app.variables, &input.instance.variables}) {
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
