#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "compose/files.hpp"

/// Files of a test, by absolute path.
class MemoryFiles : public plimsoll::compose::Files {
 public:
  MemoryFiles() = default;
  static MemoryFiles of(std::map<std::string, std::string> files) { return MemoryFiles(std::move(files)); }
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  void refuse(std::string path, std::string reason) { refused_[std::move(path)] = std::move(reason); }
  [[nodiscard]] plimsoll::compose::FoundFile look_up(const std::string& path) const override {
    using plimsoll::compose::FoundFile;
    if (auto found = refused_.find(path); found != refused_.end())
      return {FoundFile::State::refused, nullptr, found->second};
    auto found = files_.find(path);
    if (found == files_.end()) return {};
    return {FoundFile::State::file, std::make_shared<const std::string>(found->second), ""};
  }

 private:
  std::map<std::string, std::string> files_;
  std::map<std::string, std::string> refused_;
};
