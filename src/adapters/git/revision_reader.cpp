#include "adapters/git/revision_reader.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <unordered_map>
#include <vector>

#include "adapters/git/libgit_handles.hpp"
#include "adapters/git/source_url.hpp"

namespace plimsoll::adapters {
namespace {

using Content = std::shared_ptr<const std::string>;

Error rejected(std::string message) { return {ErrorKind::rejected, std::move(message)}; }

Error broken_mirror(const std::string& mirror_dir) {
  return {ErrorKind::transient,
          "the git mirror " + mirror_dir + " is damaged (" + libgit2_message() + "); the next fetch makes it anew"};
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// The commit that `revision` names. Not git_revparse: its language has far more than the three forms wanted here.
Result<CommitPtr> find_commit(git_repository* repository, const RevisionQuery& query) {
  std::string name = query.revision;
  if (const auto at = name.find("@sha1:"); at != std::string::npos) name.erase(0, at + 6);
  const Error unknown{ErrorKind::missing,
                      "revision '" + printable(query.revision, 100) +
                          "' is not in the git mirror; give a commit or the name of the branch that is watched"};
  git_oid id;
  CommitPtr commit;
  if (validate_branch(name).ok())
    for (const char* space : {"refs/heads/", "refs/tags/"}) {
      ObjectPtr object, peeled;
      if (git_reference_name_to_id(&id, repository, (space + name).c_str()) != 0) continue;
      if (git_object_lookup(out(object), repository, &id, GIT_OBJECT_ANY) != 0) return broken_mirror(query.mirror_dir);
      if (git_object_peel(out(peeled), object.get(), GIT_OBJECT_COMMIT) != 0) return unknown;
      commit.reset(reinterpret_cast<git_commit*>(peeled.release()));
      return commit;
    }
  if (name.size() < 4 || name.size() > GIT_OID_HEXSZ || !is_hex(name)) return unknown;
  if (git_oid_fromstrn(&id, name.data(), name.size()) != 0) return unknown;
  const int found = git_commit_lookup_prefix(out(commit), repository, &id, name.size());
  if (found == GIT_EAMBIGUOUS) return rejected("revision '" + name + "' is ambiguous; give more digits");
  if (found == GIT_ENOTFOUND) return unknown;
  if (found != 0) return broken_mirror(query.mirror_dir);
  return commit;
}

/// Walks a tree and fills a RepositoryFiles within the limits.
class TreeReader {
 public:
  TreeReader(git_repository* repository, const RevisionQuery& query, const RepositoryFiles* known)
      : repository_(repository), query_(query) {
    if (known == nullptr) return;
    for (const auto& [path, entry] : *known)
      if (is_content(entry.kind)) contents_.emplace(entry.object_id, entry.content);
  }

  Result<RepositoryFiles> read(TreePtr root) {
    if (git_repository_odb(out(odb_), repository_) != 0) return broken_mirror(query_.mirror_dir);
    std::vector<std::pair<TreePtr, std::string>> pending;
    pending.emplace_back(std::move(root), "");
    while (!pending.empty()) {
      const auto [tree, prefix] = std::move(pending.back());
      pending.pop_back();
      for (std::size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
        const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
        auto path = checked_path(prefix, git_tree_entry_name(entry));
        if (!path) return path.error();
        if (git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE) {
          TreePtr child;
          if (git_tree_lookup(out(child), repository_, git_tree_entry_id(entry)) != 0)
            return broken_mirror(query_.mirror_dir);
          pending.emplace_back(std::move(child), *path + "/");
        } else if (auto added = add(*path, entry); !added) {
          return added.error();
        }
      }
    }
    return std::move(files_);
  }

 private:
  static bool is_content(RepositoryEntry::Kind kind) {
    return kind == RepositoryEntry::Kind::file || kind == RepositoryEntry::Kind::executable;
  }

  static RepositoryEntry::Kind kind_of(git_filemode_t mode) {
    if (mode == GIT_FILEMODE_LINK) return RepositoryEntry::Kind::symlink;
    if (mode == GIT_FILEMODE_COMMIT) return RepositoryEntry::Kind::submodule;
    return mode == GIT_FILEMODE_BLOB_EXECUTABLE ? RepositoryEntry::Kind::executable : RepositoryEntry::Kind::file;
  }

  [[nodiscard]] std::string where() const { return query_.path.empty() ? "the repository" : "'" + query_.path + "'"; }

  /// Directories count like files: a tree may name the same subtree many times over.
  Result<std::string> checked_path(const std::string& prefix, const char* name) {
    if (++entries_ > kMaxRevisionFiles)
      return rejected(where() + " has more than " + std::to_string(kMaxRevisionFiles) +
                      " entries; that is the limit of a revision");
    if (const auto why = refused_name(name); !why.empty())
      return rejected("the name '" + printable(prefix + name, 120) + "' in " + where() + " " + why + "; rename it");
    std::string path = prefix + name;
    if (path.size() > 4096)
      return rejected("the path '" + printable(path, 120) + "' in " + where() + " is longer than 4096 bytes");
    return path;
  }

  Result<void> add(const std::string& path, const git_tree_entry* tree_entry) {
    RepositoryEntry entry{kind_of(git_tree_entry_filemode(tree_entry)), to_hex(*git_tree_entry_id(tree_entry)),
                          nullptr};
    if (is_content(entry.kind)) {
      auto content = content_of(*git_tree_entry_id(tree_entry), entry.object_id);
      if (!content) return content.error();
      entry.content = std::move(*content);
      bytes_ += entry.content ? entry.content->size() : 0;
      if (bytes_ > kMaxRevisionBytes)
        return rejected(where() + " has more than " + std::to_string(kMaxRevisionBytes >> 20U) +
                        " MiB of files; that is the limit of a revision");
    }
    files_.emplace(path, std::move(entry));
    return {};
  }

  Result<Content> content_of(const git_oid& id, const std::string& hex) {
    if (const auto shared = contents_.find(hex); shared != contents_.end()) return shared->second;
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_ANY;
    if (git_odb_read_header(&size, &type, odb_.get(), &id) != 0) return broken_mirror(query_.mirror_dir);
    Content content;
    if (size <= kMaxFileBytes) {
      BlobPtr blob;
      if (git_blob_lookup(out(blob), repository_, &id) != 0) return broken_mirror(query_.mirror_dir);
      content = std::make_shared<const std::string>(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                                                    static_cast<std::size_t>(git_blob_rawsize(blob.get())));
    }
    contents_.emplace(hex, content);
    return content;
  }

  git_repository* repository_;
  const RevisionQuery& query_;
  OdbPtr odb_;
  std::unordered_map<std::string, Content> contents_;  ///< by object id; null content: over the limit
  RepositoryFiles files_;
  std::size_t entries_ = 0, bytes_ = 0;
};

Result<TreePtr> manifest_tree(git_repository* repository, git_commit* commit, const RevisionQuery& query) {
  const std::string revision = to_hex(*git_commit_id(commit)).substr(0, 8);
  TreePtr root, tree;
  if (git_commit_tree(out(root), commit) != 0) return broken_mirror(query.mirror_dir);
  if (query.path.empty()) return root;
  TreeEntryPtr entry;
  const int found = git_tree_entry_bypath(out(entry), root.get(), query.path.c_str());
  if (found != 0 && found != GIT_ENOTFOUND) return broken_mirror(query.mirror_dir);
  if (found == GIT_ENOTFOUND)
    return rejected("the repository has no directory '" + query.path + "' at revision " + revision +
                    "; push it or change source.path. What runs is left as it is");
  if (git_tree_entry_filemode(entry.get()) != GIT_FILEMODE_TREE)
    return rejected("'" + query.path + "' is not a directory at revision " + revision + "; change source.path");
  if (git_tree_lookup(out(tree), repository, git_tree_entry_id(entry.get())) != 0)
    return broken_mirror(query.mirror_dir);
  return tree;
}

std::string author_of(const git_commit* commit) {
  const git_signature* author = git_commit_author(commit);
  if (author == nullptr) return "unknown";
  return printable(author->name, 200) + " <" + printable(author->email, 200) + ">";
}

}  // namespace

Result<ports::RevisionContent> read_revision(const RevisionQuery& query, const RepositoryFiles* known) {
  use_libgit2();
  std::error_code ignored;
  if (!std::filesystem::exists(query.mirror_dir, ignored))
    return Error{ErrorKind::transient, "nothing has been fetched yet: there is no git mirror at " + query.mirror_dir};
  RepositoryPtr repository;
  if (git_repository_open_bare(out(repository), query.mirror_dir.c_str()) != 0) return broken_mirror(query.mirror_dir);
  auto commit = find_commit(repository.get(), query);
  if (!commit) return commit.error();
  auto tree = manifest_tree(repository.get(), commit->get(), query);
  if (!tree) return tree.error();
  auto files = TreeReader(repository.get(), query, known).read(std::move(*tree));
  if (!files) return files.error();
  const char* subject = git_commit_summary(commit->get());
  return ports::RevisionContent{to_hex(*git_commit_id(commit->get())), author_of(commit->get()),
                                printable(subject == nullptr ? "" : subject, 200), std::move(*files)};
}

}  // namespace plimsoll::adapters
