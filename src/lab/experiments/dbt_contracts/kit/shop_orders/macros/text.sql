{# True where UTF-8 was read as Latin-1 ("MÃ¼nchen"), or a letter was replaced because it could not be read. #}
{% macro misread(column) %}{{ return(adapter.dispatch('misread', 'shop_orders')(column)) }}{% endmacro %}

{% macro default__misread(column) %}{{ column }} ~ '([ÂÃ][\u0080-\u00BF]|\uFFFD)'{% endmacro %}

{% macro duckdb__misread(column) %}regexp_matches({{ column }}, '([ÂÃ][\x{80}-\x{BF}]|\x{FFFD})'){% endmacro %}
