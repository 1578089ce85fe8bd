#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/files.hpp"
#include "compose/load.hpp"
#include "compose/report.hpp"
#include "compose/reset.hpp"
#include "compose/yaml_parser.hpp"

namespace plimsoll::compose {

/// Where a model is loaded: relative paths are below `directory`; `included` are the files on the way here, `place` and
/// `path` those of the entry that includes it (none for the project's own files).
struct LoadContext {
  std::string directory;
  Variables variables;
  std::vector<std::string> included = {};
  Place place = {};
  std::string path = {};
};

/// Reads files and turns their documents into one canonical, merged document. One per load; not thread-safe.
class DocumentLoader {
 public:
  DocumentLoader(const Files& files, const LoadOptions& options, Report& report)
      : files_(files), options_(options), report_(report) {}

  /// The documents of one file as written. Reads and parses it once. Empty on errors, which are reported at `where`
  /// when the file cannot be read.
  const std::vector<Node>& parse(const std::string& path, const Place& where, const std::string& at);
  /// True when `parse` reported something of this file.
  [[nodiscard]] bool is_broken(const std::string& path) const { return broken_.contains(path); }
  /// The content of a file that is not YAML; null with a report when it cannot be read. A missing file is only
  /// reported when `required`. `where` and `at` are the place and the path in the document that names it.
  [[nodiscard]] std::shared_ptr<const std::string> read(const std::string& path, const Place& where, bool required,
                                                        std::string_view what, const std::string& at);
  /// All files merged, with absolute paths.
  [[nodiscard]] Node load_model(const std::vector<std::string>& paths, const LoadContext& context);
  /// dotenv files as variables; `stronger` win, and are what they interpolate from.
  void read_env_files(const std::vector<std::string>& paths, bool required, Variables& stronger, const Place& where,
                      const std::string& at);
  /// The path as diagnostics show it.
  [[nodiscard]] std::string shown(const std::string& path) const;

 private:
  friend class ExtendsResolver;
  [[nodiscard]] Node merge_document(Node accumulated, Node document, const std::string& path,
                                    const LoadContext& context);
  void include_all(Node& document, const ResetPaths& resets, const LoadContext& context);
  [[nodiscard]] Node load_include(const Node& entry, const std::string& at, const LoadContext& context);
  bool count_file(const Place& where);

  const Files& files_;
  const LoadOptions& options_;
  Report& report_;
  std::map<std::string, std::vector<Node>> parsed_;
  std::set<std::string> broken_;
  int loaded_files_ = 0;
};

}  // namespace plimsoll::compose
