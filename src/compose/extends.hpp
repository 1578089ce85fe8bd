#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compose/document_loader.hpp"

namespace plimsoll::compose {

/// Resolves `extends` in the services of one document: from the same document or another file, over any number of
/// steps.
class ExtendsResolver {
 public:
  ExtendsResolver(DocumentLoader& loader, const LoadContext& context, std::string path)
      : loader_(loader), context_(context), path_(std::move(path)) {}

  /// Replaces every service that extends another by the merged one. `resets` are the document's tags: they also
  /// remove what the extended service says.
  void resolve(Node& document, const ResetPaths& resets);

 private:
  /// The services of one file, resolved as far as they were asked for.
  struct Source {
    Node services;
    ResetPaths resets;
  };
  using Chain = std::vector<std::pair<std::string, std::string>>;

  bool resolve_service(Source& source, const std::string& file, const std::string& name, Chain& chain);
  std::pair<Source*, std::string> find_source(Source& source, const std::string& file, const Node& extends,
                                              const std::string& at);
  void merge_base(Source& source, const std::string& name, const Node& base);
  Source* open(const std::string& file, const Place& where, const std::string& at);
  bool enter(Chain& chain, const std::string& file, const std::string& name, const Place& where);

  DocumentLoader& loader_;
  const LoadContext& context_;
  std::string path_;
  std::map<std::string, Source> sources_;
};

}  // namespace plimsoll::compose
