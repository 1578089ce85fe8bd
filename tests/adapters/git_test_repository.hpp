#pragma once

#include <git2.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "adapters/git/git_options.hpp"
#include "adapters/git/libgit_handles.hpp"
#include "tests/adapters/temporary_directory.hpp"

namespace plimsoll::test {

/// One entry of a tree to make: a path with `/` and what is there.
struct TreeFile {
  std::string path;
  std::string content;  ///< for GIT_FILEMODE_COMMIT: 40 hex
  git_filemode_t mode = GIT_FILEMODE_BLOB;
};

/// A bare repository made with libgit2 in a directory of its own; stands in for the remote.
class GitTestRepository {
 public:
  explicit GitTestRepository(std::string dir) : dir_(std::move(dir)) {
    adapters::use_libgit2();
    git_repository* raw = nullptr;
    must(git_repository_init(&raw, dir_.c_str(), 1));
    repository_.reset(raw);
  }

  [[nodiscard]] std::string url() const { return "file://" + dir_; }

  /// A commit of just these files on `branch`, with the branch's commit as its parent unless `orphan`; returns its id.
  std::string commit(const std::vector<TreeFile>& files, const std::string& branch = "main", bool orphan = false,
                     const std::string& message = "subject\n\nbody\n") {
    const git_oid tree = write_tree(files, "");
    git_tree* tree_object = nullptr;
    must(git_tree_lookup(&tree_object, repository_.get(), &tree));
    const adapters::TreePtr tree_handle(tree_object);
    const std::string ref = "refs/heads/" + branch;
    git_oid parent_id;
    adapters::CommitPtr parent;
    if (!orphan && git_reference_name_to_id(&parent_id, repository_.get(), ref.c_str()) == 0)
      must(git_commit_lookup(adapters::out(parent), repository_.get(), &parent_id));
    const git_commit* parents[] = {parent.get()};
    char name[] = "Ann Author", mail[] = "ann@example.org";
    const git_signature who{name, mail, {1'700'000'000, 0, '+'}};
    git_oid id;
    must(git_commit_create(&id, repository_.get(), nullptr, &who, &who, nullptr, message.c_str(), tree_object,
                           parent ? 1 : 0, parents));
    git_reference* reference = nullptr;
    must(git_reference_create(&reference, repository_.get(), ref.c_str(), &id, 1, nullptr));
    git_reference_free(reference);
    return adapters::to_hex(id);
  }

  void delete_branch(const std::string& branch = "main") {
    must(git_reference_remove(repository_.get(), ("refs/heads/" + branch).c_str()));
  }

 private:
  static void must(int code) {
    if (code < 0) throw std::runtime_error("libgit2: " + adapters::libgit2_message());
  }

  git_oid write_tree(const std::vector<TreeFile>& files, const std::string& prefix) {
    git_treebuilder* builder = nullptr;
    must(git_treebuilder_new(&builder, repository_.get(), nullptr));
    std::set<std::string> written;  // a directory once, however many files it has
    for (const TreeFile& file : files) {
      if (file.path.compare(0, prefix.size(), prefix) != 0) continue;
      const std::string rest = file.path.substr(prefix.size());
      const auto slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      if (!written.insert(name).second) continue;
      git_oid id;
      if (slash != std::string::npos)
        id = write_tree(files, prefix + name + "/");
      else if (file.mode == GIT_FILEMODE_COMMIT)
        must(git_oid_fromstr(&id, file.content.c_str()));
      else
        must(git_blob_create_from_buffer(&id, repository_.get(), file.content.data(), file.content.size()));
      must(git_treebuilder_insert(nullptr, builder, name.c_str(), &id,
                                  slash != std::string::npos ? GIT_FILEMODE_TREE : file.mode));
    }
    git_oid tree;
    must(git_treebuilder_write(&tree, builder));
    git_treebuilder_free(builder);
    return tree;
  }

  std::string dir_;
  adapters::RepositoryPtr repository_;
};

/// The program that has `git-fetch` in tests; it is built into the directory of the test program.
inline std::string git_probe_path() {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "git_probe").string();
}

/// Options for `url` with a mirror in `directory`.
inline adapters::GitOptions git_test_options(const std::string& url, const TemporaryDirectory& directory) {
  adapters::GitOptions options;
  options.url = url;
  options.mirror_dir = directory.path("mirror");
  options.self_executable = git_probe_path();
  return options;
}

}  // namespace plimsoll::test
