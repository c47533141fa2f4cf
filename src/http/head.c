#include "http/head.h"

const FieldLine *head_find_field(const Head *head, FieldName name, size_t from, size_t *ret_index)
{
    size_t at = head->first[name];
    if (at < from) {
        if (!(head->repeated & FIELD_BIT(name)))
            return NULL;
        for (at = from; at < head->field_count && head->fields[at].known != name;)
            at++;
        if (at >= head->field_count)
            return NULL;
    }
    if (ret_index)
        *ret_index = at;
    return &head->fields[at];
}
