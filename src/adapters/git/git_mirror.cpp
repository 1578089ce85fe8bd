#include "adapters/git/git_mirror.hpp"

#include <filesystem>
#include <vector>

#include "model/repository_files.hpp"

namespace plimsoll::adapters {
namespace {

namespace fs = std::filesystem;

bool is_leftover(const std::string& name) {
  const auto ends_with = [&](std::string_view tail) {
    return name.size() >= tail.size() && name.compare(name.size() - tail.size(), tail.size(), tail) == 0;
  };
  return name.rfind("tmp_", 0) == 0 || name.find("_git2_") != std::string::npos || ends_with(".lock");
}

void remove_leftovers_below(const fs::path& dir) {
  std::error_code ignored;
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator entry(dir, ignored), end; !ignored && entry != end; entry.increment(ignored))
    if (is_leftover(entry->path().filename().string())) found.push_back(entry->path());
  for (const fs::path& path : found) fs::remove(path, ignored);
}

/// Objects of a tree: subtrees onto `pending`, false when one is not there.
bool check_tree(git_odb* odb, git_tree* tree, std::vector<git_oid>& pending) {
  for (std::size_t i = 0; i < git_tree_entrycount(tree); ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) pending.push_back(*git_tree_entry_id(entry));
    if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB && git_odb_exists(odb, git_tree_entry_id(entry)) == 0)
      return false;
  }
  return true;
}

}  // namespace

void remove_fetch_leftovers(const std::string& mirror_dir) {
  std::error_code ignored;
  fs::remove_all(fresh_mirror_dir(mirror_dir), ignored);
  fs::remove_all(child_home_dir(mirror_dir), ignored);
  remove_leftovers_below(fs::path(mirror_dir) / "objects");
  remove_leftovers_below(fs::path(mirror_dir) / "refs");
  for (const char* name : {"HEAD.lock", "config.lock", "packed-refs.lock"})
    fs::remove(fs::path(mirror_dir) / name, ignored);
}

int pack_count(const std::string& mirror_dir) {
  std::error_code ignored;
  int count = 0;
  for (fs::directory_iterator entry(fs::path(mirror_dir) / "objects" / "pack", ignored), end; !ignored && entry != end;
       entry.increment(ignored))
    if (entry->path().extension() == ".pack") ++count;
  return count;
}

Result<RepositoryPtr> create_mirror(const std::string& dir) {
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_NO_REINIT;
  options.mode = 0700;
  RepositoryPtr repository;
  if (git_repository_init_ext(out(repository), dir.c_str(), &options) != 0)
    return Error{ErrorKind::internal, "making the git mirror " + dir + ": " + libgit2_message() +
                                          "; check that state_dir is writable and has room"};
  return repository;
}

Result<void> replace_mirror(const std::string& from, const std::string& to) {
  std::error_code failure;
  fs::remove_all(to, failure);
  if (!failure) fs::rename(from, to, failure);
  if (failure) return Error{ErrorKind::internal, "putting the git mirror " + to + " in place: " + failure.message()};
  return {};
}

bool is_complete(git_repository* repository, const std::string& commit, const std::string& path) {
  git_oid id;
  CommitPtr object;
  TreePtr root;
  OdbPtr odb;
  if (git_oid_fromstr(&id, commit.c_str()) != 0 || git_commit_lookup(out(object), repository, &id) != 0) return false;
  if (git_commit_tree(out(root), object.get()) != 0 || git_repository_odb(out(odb), repository) != 0) return false;
  std::vector<git_oid> pending = {*git_tree_id(root.get())};
  if (!path.empty()) {
    TreeEntryPtr entry;
    const int found = git_tree_entry_bypath(out(entry), root.get(), path.c_str());
    if (found == GIT_ENOTFOUND) return true;
    if (found != 0) return false;
    if (git_tree_entry_type(entry.get()) != GIT_OBJECT_TREE) return true;
    pending = {*git_tree_entry_id(entry.get())};
  }
  for (std::size_t visited = 0; !pending.empty() && visited < kMaxRevisionFiles; ++visited) {
    TreePtr tree;
    const git_oid next = pending.back();
    pending.pop_back();
    if (git_tree_lookup(out(tree), repository, &next) != 0) return false;
    if (!check_tree(odb.get(), tree.get(), pending)) return false;
  }
  return true;
}

}  // namespace plimsoll::adapters
