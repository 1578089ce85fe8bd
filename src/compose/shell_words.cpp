#include "compose/shell_words.hpp"

#include <utility>

namespace plimsoll::compose {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Error refused(std::string message) { return Error{ErrorKind::rejected, std::move(message)}; }

class Splitter {
 public:
  /// False when the rest of the text is to be dropped.
  bool take(char c) {
    if (escaped_) return take_escaped(c);
    if (c == '\\') {
      (single_ ? void(word_ += c) : void(escaped_ = true));
      return true;
    }
    if (is_blank(c)) return take_blank(c);
    if (c == '`' && !single_ && !double_ && !paren_) back_ = !back_;
    if (c == ')' && !single_ && !double_ && !back_) paren_ = !paren_;
    if (c == '(' && !single_ && !double_ && !back_ && !open_paren()) return true;
    if (c == '"' && !single_ && !paren_) return toggle(double_);
    if (c == '\'' && !double_ && !paren_) return toggle(single_);
    if (std::string_view(";&|<>").find(c) != std::string_view::npos && !quoted()) {
      // `2>file`: the number belongs to what is dropped.
      if (c == '>' && !word_.empty() && word_[0] >= '0' && word_[0] <= '9') got_ = false;
      dropped_ = c;
      return false;
    }
    got_ = true;
    word_ += c;
    return true;
  }

  Result<std::vector<std::string>> finish(bool strict) {
    if (broken_ || escaped_ || quoted()) return refused("an unbalanced quote or a bare parenthesis");
    if (strict && dropped_ != 0)
      return refused(std::string("an unquoted \"") + dropped_ + "\", from which on Compose silently drops the text");
    if (got_) words_.push_back(std::move(word_));
    return std::move(words_);
  }

 private:
  bool quoted() const { return single_ || double_ || back_ || paren_; }
  bool take_escaped(char c) {
    word_ += c == 't' ? '\t' : c == 'n' ? '\n' : c;
    escaped_ = false;
    got_ = true;
    return true;
  }
  bool take_blank(char c) {
    if (quoted()) {
      word_ += c;
    } else if (got_) {
      words_.push_back(std::exchange(word_, {}));
      got_ = false;
    }
    return true;
  }
  /// `$(` opens a substitution that is kept as text; any other parenthesis is an error.
  bool open_paren() {
    if (paren_ || word_.empty() || word_.back() != '$') broken_ = true;
    paren_ = true;
    word_ += '(';
    return false;
  }
  bool toggle(bool& quote) {
    if (quote) got_ = true;
    quote = !quote;
    return true;
  }

  std::vector<std::string> words_;
  std::string word_;
  bool got_ = false, escaped_ = false, single_ = false, double_ = false, back_ = false, paren_ = false, broken_ = false;
  char dropped_ = 0;
};

}  // namespace

Result<std::vector<std::string>> split_shell_words(std::string_view text, bool strict) {
  Splitter splitter;
  for (char c : text)
    if (!splitter.take(c)) break;
  return splitter.finish(strict);
}

}  // namespace plimsoll::compose
