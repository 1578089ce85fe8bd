#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "manifest/digest.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::test {

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline RepositoryEntry file_entry(std::string content) {
  RepositoryEntry entry;
  entry.object_id = manifest::sha256_hex(content).substr(0, 40);
  entry.content = std::make_shared<const std::string>(std::move(content));
  return entry;
}

inline RepositoryEntry link_entry(RepositoryEntry::Kind kind) {
  RepositoryEntry entry;
  entry.kind = kind;
  entry.object_id = "1111111111111111111111111111111111111111";
  return entry;
}

/// A directory as a revision's files, executables as git would have them. Lines of `links.txt` at its top, such as
/// `symlink apps/a/x` or `submodule apps/a/y`, add what a checkout should not hold.
inline RepositoryFiles files_below(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  RepositoryFiles out;
  for (const auto& item : fs::recursive_directory_iterator(root)) {
    if (!item.is_regular_file()) continue;
    const std::string path = item.path().lexically_relative(root).string();
    out[path] = file_entry(read_text(item.path()));
    if ((item.status().permissions() & fs::perms::owner_exec) != fs::perms::none) {
      out[path].kind = RepositoryEntry::Kind::executable;
    }
  }
  std::ifstream links(root / "links.txt");
  for (std::string kind, path; links >> kind >> path;) {
    out[path] = link_entry(kind == "symlink" ? RepositoryEntry::Kind::symlink : RepositoryEntry::Kind::submodule);
  }
  out.erase("links.txt");
  return out;
}

inline std::filesystem::path source_dir() { return PLIMSOLL_SOURCE_DIR; }

}  // namespace plimsoll::test
