/* SPDX-License-Identifier: MIT */
/**
 * @file address_list.h
 * @brief Address lists as header fields have them: To, Cc, Reply-To, … (RFC 5322 3.4).
 *
 * What people really send is understood: display names without quotes and with dots,
 * comments anywhere, white space around '.' and '@', folding, groups with or without
 * their ';', empty items, source routes (dropped), a name in a comment behind an address,
 * ';' instead of ',', encoded words (RFC 2047), UTF-8 names and local parts (RFC 6532).
 * What could be read in two ways is refused: a missing comma, a name with an '@' that is
 * not quoted, an address that is not closed. So no other reader finds another domain.
 */
#ifndef MAILROUTE_ADDRESS_LIST_H
#define MAILROUTE_ADDRESS_LIST_H

#include <mailroute/address.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A parsed list: a sequence of items. Immutable. */
typedef struct mr_address_list mr_address_list;

/** Kinds of items. A group is what stands between its begin and its end. */
enum mr_address_item {
  MR_ITEM_NONE = 0,     /**< past the end of the list */
  MR_ITEM_MAILBOX = 1,  /**< an address, perhaps with a name */
  MR_ITEM_GROUP = 2,    /**< begin of a group: its name */
  MR_ITEM_GROUP_END = 3 /**< end of the innermost group */
};

/** Limits of mr_address_list_parse(). */
enum mr_address_list_limit {
  MR_ADDRESS_LIST_OCTETS = 8388608, /**< octets of text */
  MR_ADDRESS_LIST_ITEMS = 200000,   /**< items */
  MR_ADDRESS_LIST_DEPTH = 100       /**< comments in comments, groups in groups */
};

/**
 * Parses a list, in time that grows with its length only.
 * @param out the list @param env allocator, NULL = defaults
 * @param text the value of a field, folded or not, without the line end behind it
 * @param len octets; 0, or nothing but comments and commas, is a list without items
 * @param offset NULL, or receives where it broke, on error
 * @return MR_OK; MR_ERR_ADDR: syntax; MR_ERR_ADDR_CHAR: control character, line end that
 *   folds nothing, or invalid UTF-8; MR_ERR_ADDR_LONG, MR_ERR_ADDR_DOMAIN,
 *   MR_ERR_NOTSUP: as for mr_address_parse(); MR_ERR_LINE_LONG: a name that is not ASCII
 *   and does not fit into 998 octets of encoded words; MR_ERR_DEPTH; MR_ERR_LIMIT;
 *   MR_ERR_MISUSE; MR_ERR_NOMEM
 */
MR_API int mr_address_list_parse(mr_address_list **out, const mr_env *env,
                                 const char *text, size_t len, size_t *offset);

/** Frees a list and its addresses. @param list or NULL */
MR_API void mr_address_list_free(mr_address_list *list);

/** Number of items. @param list one @return count */
MR_API size_t mr_address_list_count(const mr_address_list *list);
/** Kind of an item. @param list one @param index from 0 @return #mr_address_item */
MR_API int mr_address_list_kind(const mr_address_list *list, size_t index);
/**
 * Display name of a mailbox, or name of a group, to be shown: without quotes and folds,
 * encoded words decoded (UTF-8, ISO-8859-1, ISO-8859-15, windows-1252; a word in another
 * charset stays as it is). Controls and invalid UTF-8 in encoded words become '?', so it
 * can stand in a header again.
 * @param list one @param index from 0 @return UTF-8, "" = none
 */
MR_API const char *mr_address_list_name(const mr_address_list *list, size_t index);
/** The same as it is written, with quotes, folds and encoded words; of a name in a
 * comment the comment with its parentheses. @param list one @param index from 0 @return
 * text, "" = none */
MR_API const char *mr_address_list_raw_name(const mr_address_list *list, size_t index);
/** Address of a mailbox. @param list one @param index from 0 @return owned by the list,
 * NULL for other items */
MR_API const mr_address *mr_address_list_address(const mr_address_list *list,
                                                 size_t index);
/**
 * The whole list in canonical form, on one line: names as atoms, quoted-string or RFC
 * 2047 words, addresses as mr_address_text(). Parsed again it gives the same items, and
 * this text again.
 * @param list one @return text, ASCII unless an address needs SMTPUTF8
 */
MR_API const char *mr_address_list_text(const mr_address_list *list);

#ifdef __cplusplus
}
#endif
#endif
